"""The workflow report opens an issue for a run that failed."""

from __future__ import annotations

import pytest

from tests.delivery.act.events import end_ci_at
from tests.delivery.act.runner import SUCCEEDED

pytestmark = pytest.mark.timeout(400)  # a workflow is a dozen processes


def test_a_failure_of_ci_gets_an_issue(act, world, github):
    github.add_run(70, head_sha=world.checkout.releases[3])
    github.add_job(70, "lint", "failure", log="2026-11-20T07:00:00Z ##[error]E501 line too long\n")
    jobs, said = act.run("report", "workflow_run", end_ci_at(world, 4, conclusion="failure"))
    assert jobs == {"report": SUCCEEDED, "notify": SUCCEEDED}, said
    [issue] = github.issues
    assert "lint" in issue["title"]
    assert "E501 line too long" in issue["body"]


@pytest.mark.parametrize("name", ["deploy", "rollback"])
def test_a_failed_deploy_sends_no_second_message(act, world, github, name):
    file = f".github/workflows/{name}.yml"
    github.add_run(70, path=file, head_sha=world.checkout.releases[3])
    # GitHub puts the title of the run where its workflow's name was.
    payload = end_ci_at(
        world, 4, conclusion="failure", path=file, name=f"{name} v1.0.0 to prod", event="workflow_run"
    )
    jobs, said = act.run("report", "workflow_run", payload)
    assert jobs == {"report": SUCCEEDED}, said
