"""A run of ci failed, on develop or for a pull request."""

from __future__ import annotations

import pytest

from tests.delivery.github.failed_run import LOG


@pytest.fixture
def failed_run(github):
    github.add_run(77)
    github.add_job(77, "lint", "failure", LOG)
    github.add_job(77, "tests (3.12)", "success")
    github.add_job(77, "required-checks", "failure")


@pytest.fixture
def failed_pull_request(failed_run, github):
    github.runs[0].update(event="pull_request", head_branch="fix")
    github.add_pull(5)
