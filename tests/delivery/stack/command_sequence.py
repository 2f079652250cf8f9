"""A sequence of `slipway` commands updates a stack with Pulumi's own CLI."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from tests.delivery.fake_github import NAME, OWNER, FakeGitHub
from tests.delivery.real_stack import Ran, RealStack, real_stack
from tests.delivery.served import served

STAGING = ("--stack", "staging")
DRIFT = ("stack", "preview", *STAGING, "--live", "--refresh", "--expect-no-changes", "--save")


@dataclass
class CommandSequence:
    """The commands that ran, and what was observed after each.

    Attributes:
        results: of each command, by the name that the sequence gives it.
        running: the image tag that users of a stack get after a command, by `<command>, <stack>`.
        previews: as the CLI prints them, by name.
        observations: of the stack and of GitHub, by name.
    """

    stack: RealStack
    github: FakeGitHub
    results: dict[str, Ran] = field(default_factory=dict)
    running: dict[str, str] = field(default_factory=dict)
    previews: dict[str, dict] = field(default_factory=dict)
    observations: dict[str, object] = field(default_factory=dict)

    def run(self, name: str, *words: object) -> Ran:
        result = self.results[name] = self.stack(*words)
        for stack, users in self.stack.users.items():
            if f"{stack}-backend" in users.cloud.networks():
                self.running[f"{name}, {stack}"] = users.tag
        return result

    def preview(self, name: str) -> None:
        self.previews[name] = json.loads(
            self.stack.pulumi("preview", "--json", "--show-sames", *STAGING, check=False).partition("\nerror:")[0]
        )

    def release(self, name: str) -> str:
        return self.stack.releases[name]


@contextmanager
def run_sequence(folder: Path) -> Iterator[CommandSequence]:
    """Run every command once; the stack stays there until the end of the context."""
    github = FakeGitHub()
    with real_stack(folder) as stack, served(github.app()) as url:
        stack.environment |= {
            "GITHUB_API_URL": url, "GITHUB_REPOSITORY": f"{OWNER}/{NAME}", "GITHUB_TOKEN": "gh-token",
        }  # fmt: skip
        sequence = CommandSequence(stack, github)
        _deploy_three_releases(sequence)
        _roll_back(sequence)
        _kill_an_update(sequence)
        _cause_drift(sequence)
        _replace_a_network(sequence)
        _hold_and_freeze(sequence)
        _kill_a_creation(sequence)
        _destroy_staging(sequence)
        _omit_urls(sequence)
        sequence.observations["history"] = stack.history("staging")
        sequence.observations["state"] = json.dumps(stack.state("staging"))
        yield sequence


def _deploy_three_releases(sequence: CommandSequence) -> None:
    stack = sequence.stack
    stack.commit("one")
    sequence.preview("create")
    sequence.run("first deploy", "stack", "deploy", *STAGING)
    stack.commit("two", tag="v1.0.0")
    sequence.preview("update")
    sequence.run("second deploy", "stack", "deploy", *STAGING)
    outputs = json.loads(stack.pulumi("stack", "output", "--json", *STAGING))
    sequence.observations["digest of two"] = outputs["services"]["backend"]["digest"]
    sequence.preview("same")
    stack.commit("three", tag="v1.1.0")
    stack.cloud.fail("PUT", "/v2/vpcs")
    sequence.run("failed deploy", "stack", "deploy", *STAGING)
    sequence.run("third deploy", "stack", "deploy", *STAGING)


def _roll_back(sequence: CommandSequence) -> None:
    for name, to in {
        "rollback to previous": "previous",
        "second rollback": "previous",
        "rollback to a version": "v1.0.0",
        "rollback to a commit": sequence.release("one")[:9],
    }.items():
        sequence.run(name, "stack", "rollback", *STAGING, "--to", to)


def _kill_an_update(sequence: CommandSequence) -> None:
    stack = sequence.stack
    stack.commit("four")
    stack.kill_half_way("PUT", "stack", "deploy", *STAGING)
    sequence.observations["pending"] = stack.pending("staging")
    (lock,) = stack.locks("staging")
    sequence.observations["lock"] = lock.read_text()
    sequence.run("deploy of a locked stack", "stack", "deploy", *STAGING)
    sequence.run("unstick of a person's lock", "stack", "unstick", *STAGING, "--apply")
    sequence.observations["message about the lock"] = stack.pulumi(
        "stack", "rename", "staging", *STAGING, check=False
    )
    # As a runner would have left it.
    lock.write_text(json.dumps({**json.loads(lock.read_text()), "username": "runner"}))
    sequence.run("unstick without --apply", "stack", "unstick", *STAGING)
    sequence.observations["locks before --apply"] = len(stack.locks("staging"))
    sequence.run("deploy after the kill", "stack", "deploy", *STAGING)
    sequence.run("unstick of a free stack", "stack", "unstick", *STAGING)


def _cause_drift(sequence: CommandSequence) -> None:
    stack, folder = sequence.stack, sequence.stack.folder / "drift"
    vpc = stack.cloud.networks()["staging-backend"]
    stack.cloud.do("PUT", f"/v2/vpcs/{vpc['id']}", {"name": vpc["name"], "description": "changed by hand"})
    sequence.run("drift", *DRIFT, folder / "staging")
    sequence.run("report of drift", "ci", "drift", *STAGING, folder)
    sequence.observations["issue"] = dict(sequence.github.issues[0])
    stack.pulumi("refresh", "--yes", "--skip-preview", *STAGING)
    sequence.run("deploy of what runs", "stack", "deploy", *STAGING)
    sequence.run("no drift", *DRIFT, folder / "staging")
    sequence.run("report of no drift", "ci", "drift", *STAGING, folder)


def _replace_a_network(sequence: CommandSequence) -> None:
    stack = sequence.stack
    stack.commit("five", range="10.2.0.0/20")
    sequence.preview("replace")
    sequence.run("deploy that replaces", "stack", "deploy", *STAGING)
    sequence.run("rollback that replaces", "stack", "rollback", *STAGING, "--to", "previous")
    sequence.run("allowed rollback", "stack", "rollback", *STAGING, "--to", "previous", "--allow-destructive")


def _hold_and_freeze(sequence: CommandSequence) -> None:
    """The stack is held by the rollback before."""
    stack = sequence.stack
    stack.git("update-ref", "refs/remotes/origin/develop", "HEAD")
    sequence.observations["tags"] = json.loads(stack.pulumi("stack", "tag", "ls", "--json", *STAGING))
    sequence.run("automatic deploy while held", "stack", "deploy", *STAGING, "--automatic")
    sequence.run("freeze", "stack", "freeze", *STAGING, "--reason", '"no" deploys; --until Monday')
    sequence.run("deploy while frozen", "stack", "deploy", *STAGING)
    sequence.run("status while frozen", "stack", "status", *STAGING)
    sequence.run("resume", "stack", "resume", *STAGING)
    sequence.observations["tags after resume"] = json.loads(stack.pulumi("stack", "tag", "ls", "--json", *STAGING))
    # The CLI has more than ten by now, and shows ten unless asked.
    with patch("delivery.stack.history_query.PAGE", 4):
        sequence.run("oldest release", "stack", "rollback", *STAGING, "--to", sequence.release("one"), "--dry-run")


def _kill_a_creation(sequence: CommandSequence) -> None:
    stack = sequence.stack
    promote = ("stack", "promote", "--release", sequence.release("four"))
    stack.kill_half_way("POST", *promote)
    sequence.observations["pending creation"] = stack.pending("prod")
    stack.pulumi("cancel", "--yes", "prod")
    refused = sequence.run("promotion after the kill", *promote)
    # It did not reach the cloud: the person does as the refusal says.
    (command,) = [line for line in refused.text.splitlines() if line.startswith("  pulumi refresh")]
    stack.pulumi(*shlex.split(command)[1:], "--yes", "--skip-preview")
    sequence.observations["pending after the refresh"] = stack.pending("prod")
    sequence.run("promotion", *promote)


def _destroy_staging(sequence: CommandSequence) -> None:
    sequence.stack.pulumi("destroy", "--yes", "--skip-preview", *STAGING)
    sequence.run("release of nothing", "stack", "status", *STAGING)
    sequence.run("rollback of nothing", "stack", "rollback", *STAGING, "--to", "previous")
    sequence.run("deploy after destroy", "stack", "deploy", *STAGING)


def _omit_urls(sequence: CommandSequence) -> None:
    stack = sequence.stack
    url = f"backend={stack.users['staging'].url}"
    stack.commit("six", url=False, error="slipway:owner is NOT OK")
    sequence.preview("fail")
    stack.commit("seven", url=False)
    sequence.run("deploy with --url", "stack", "deploy", *STAGING, "--url", url)
    before = len(stack.history("staging"))
    sequence.run("deploy without a URL", "stack", "deploy", *STAGING)
    sequence.run("rollback without a URL", "stack", "rollback", *STAGING, "--to", "previous")
    sequence.run("deploy with another service's URL", "stack", "deploy", *STAGING, "--url", "shop=http://127.0.0.1:1")
    sequence.run(
        "rollback with another service's URL",
        "stack",
        "rollback",
        *STAGING,
        "--to",
        "previous",
        "--url",
        "shop=http://x",
    )
    sequence.observations["updates by refused commands"] = len(stack.history("staging")) - before
