"""The workflow release starts deploy for a version tag."""

from __future__ import annotations

import pytest

from tests.delivery.act.runner import SUCCEEDED

pytestmark = pytest.mark.timeout(400)  # a workflow is a dozen processes


def test_a_version_tag_only_starts_deploy_on_main(act, world, tmp_path):
    gh = tmp_path / "bin/gh"
    gh.write_text('#!/bin/sh\necho "$@" >> "$ARTIFACTS/gh"\n')
    payload = {"ref": "refs/tags/v1.0.0"}
    jobs, said = act.run("release", "push", payload)
    assert jobs == {"dispatch": SUCCEEDED}, said
    assert (act.artifacts / "gh").read_text().startswith("workflow run deploy.yml --repo acme/todo --ref main")
    assert world["stacks"] == {}
