"""The workflow preview-environment creates an environment for a pull request of the repository's own people."""

from __future__ import annotations

import subprocess

import pytest
import yaml

from tests.delivery.act.events import open_pull_request
from tests.delivery.act.runner import SUCCEEDED

pytestmark = pytest.mark.timeout(400)  # a workflow is a dozen processes


@pytest.mark.parametrize(
    "facts", [{"repository": "somebody/todo"}, {"kind": "Bot"}], ids=lambda facts: next(iter(facts))
)
def test_a_pull_request_of_a_fork_or_of_a_bot_gets_no_environment(act, world, github, facts):
    jobs, said = act.run("preview-environment", "pull_request_target", open_pull_request(world, **facts))
    assert jobs == {}, said
    assert github.comments == []


def test_a_run_without_preview_environments_is_green_with_no_comment(act, world, github):
    github.add_pull(7)
    jobs, said = act.run("preview-environment", "pull_request_target", open_pull_request(world))
    assert jobs == {"wanted": SUCCEEDED}, said
    assert github.comments == []


def test_a_pull_request_whose_environment_fails_gets_a_comment(act, world, github):
    github.add_pull(7)
    allow_environments(act)
    jobs, said = act.run("preview-environment", "pull_request_target", open_pull_request(world))
    assert jobs == {"wanted": SUCCEEDED, "plan": "failed", "comment": SUCCEEDED}, said
    [comment] = github.comments
    assert (comment["number"], "the run has the reason" in comment["body"]) == (7, True)
    assert world["stacks"] == {}


def allow_environments(act):
    """Main's stack file of staging has the key, and what a whole one needs is left out: no plan comes of it."""
    file = act.folder / "Pulumi.staging.yaml"
    content = yaml.safe_load(file.read_text())
    content["config"]["slipway:previewEnvironments"] = {}
    content["config"].pop("slipway:cluster")
    file.write_text(yaml.safe_dump(content))
    git = ["git", "-C", act.folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run([*git, "commit", "--quiet", "-a", "-m", "Have preview environments"], check=True)
    subprocess.run([*git, "push", "--quiet", "--force", act.origin, "HEAD:main"], check=True)
