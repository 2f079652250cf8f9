"""How the repository is set up on GitHub."""

from __future__ import annotations

from collections.abc import Sequence

from delivery.github import setup
from delivery.github.client import GitHubRepository
from delivery.images.stack_registry import SOURCE_TOKEN
from delivery.outcome import Report, Status
from delivery.stack.configuration import read_configuration

STACKS = ("staging", "prod")


def set_up_github(reviewers: Sequence[str], slug: str | None, *, apply: bool) -> Report:
    """Say what is not as it should be, and change it with `apply`; status 1 when something is left for a person."""
    left, notes = 0, []
    repository = GitHubRepository.from_environment(slug)
    for step in setup.steps(repository, reviewers, _unneeded_secrets()):
        if apply:
            said = setup.run(step)
            left += not said.startswith("done")
        else:
            said = f"{'to do' if step.apply else 'for you'}: {step.title}"
            left += 1
        print(said)
        notes.append(said)
    if left == 0:
        print("everything is as it should be")
    elif not apply:
        print("nothing was changed; apply with --apply")
    return Report(Status.FAILED if left else Status.OK, {"left": left, "notes": notes})


def _unneeded_secrets() -> set[str]:
    """Where the stacks share a registry, a promotion copies nothing."""
    hosts = {read_configuration(stack)["slipway:registry"]["host"] for stack in STACKS}
    return {SOURCE_TOKEN} if len(hosts) == 1 else set()
