"""The command that sets the repository up on GitHub."""

from __future__ import annotations

from dataclasses import replace

from delivery.account.connection import SOURCE_TOKEN
from delivery.github import setup
from delivery.github.client import GitHubRepository
from delivery.github.setup import SetupRequest
from delivery.github.setup_step import run
from delivery.outcome import Report, Status
from delivery.stack.configuration import read_configuration

STACKS = ("staging", "prod")


def set_up_github(request: SetupRequest, slug: str | None, *, apply: bool) -> Report:
    """Say what is not as it should be, and change it with `apply`; status 1 when something is left for a person."""
    left, notes = 0, []
    request = replace(request, unneeded=_list_unneeded_secrets())
    repository = GitHubRepository.from_environment(slug)
    for step in setup.list_steps(repository, request):
        if apply:
            text = run(step)
            left += not text.startswith("done")
        else:
            text = f"{'to do' if step.apply else 'for you'}: {step.title}"
            left += 1
        print(text)
        notes.append(text)
    if left == 0:
        print("everything is as it should be")
    elif not apply:
        print("nothing was changed; apply with --apply")
    return Report(Status.FAILED if left else Status.OK, {"left": left, "notes": notes})


def _list_unneeded_secrets() -> frozenset[str]:
    """Where the stacks share a registry, a promotion copies nothing."""
    hosts = {read_configuration(stack)["slipway:registry"]["host"] for stack in STACKS}
    return frozenset({SOURCE_TOKEN}) if len(hosts) == 1 else frozenset()
