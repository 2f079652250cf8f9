"""Finding and removing preview environments: `slipway preview-environment list`, `down`, `sweep` and `comment`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from delivery.account.digitalocean import DigitalOcean
from delivery.github import comment, workflow_run
from delivery.github.client import GitHubRepository
from delivery.github.errors import GitHubError
from delivery.images.stack_registry import StackRegistry
from delivery.outcome import MissingError, RefusedError, Report, Status, UnreachableError
from delivery.preview_environment.cluster import EnvironmentCluster, read_kubeconfig
from delivery.preview_environment.comment import FILE, PURPOSE, EnvironmentReport, State, describe_duration
from delivery.preview_environment.configuration import Parent, read_parent
from delivery.preview_environment.removal import Found, describe_reason, find_environments, remove
from delivery.preview_environment.stack import EnvironmentStack, list_stacks


def down(stack: str, number: int, save: Path | None) -> Report:
    """Remove the environment of a pull request; status 1 when something of it is left.

    The step's output `found` is `false` where there was none, and then there is no comment.

    Args:
        stack: whose cluster it is in.
        save: a folder for the comment; None: it is not kept.
    """
    parent = read_parent(stack)
    with _open(parent) as place:
        found = next((each for each in place.find() if each.number == number), None)
        left = place.remove(found) if found else []
    workflow_run.output("found", str(found is not None).lower())
    if found is None:
        print(f"there is no environment pr-{number}")
    _print_leftovers(left)
    if save is not None and found is not None:
        reason = (
            "the pull request is closed" if not left else "not all of it could be removed; the run has the reason"
        )
        state: State = "failed" if left else "removed"
        EnvironmentReport(state=state, now=datetime.now(UTC), reason=reason).save(save)
    facts = {"environment": f"pr-{number}", "removed": found is not None and not left, "leftovers": left}
    return Report(Status.FAILED if left else Status.OK, facts)


def show(stack: str) -> Report:
    """List the environments, with their age."""
    parent, now = read_parent(stack), datetime.now(UTC)
    with _open(parent) as place:
        environments = place.find()
    for each in environments:
        age = f"{describe_duration(now - each.since)} ago" if each.since else "never"
        print(f"{each.name}: updated {age}; {', '.join(each.list_parts())}")
    if not environments:
        print("there are no preview environments")
    facts = [{"environment": each.name, "updated": each.since, "parts": each.list_parts()} for each in environments]
    return Report(facts={"environments": facts})


def sweep(stack: str, slug: str | None, *, apply: bool, save: Path | None) -> Report:
    """Remove environments that are not needed any more; status 1 when something could not be removed.

    Args:
        apply: whether they are removed, and not only listed.
        save: a folder for the comments of all environments, by pull request.

    Raises:
        RefusedError: the repository has none of their pull requests, so that it is another one. Nothing was removed.
        GitHubError: GitHub does not know the repository, or refuses.
    """
    parent, now = read_parent(stack), datetime.now(UTC)
    repository = GitHubRepository.from_environment(slug)
    oldest = timedelta(days=parent.settings.max_age_days)
    left: list[str] = []
    removed: list[str] = []
    with _open(parent, slug) as place:
        judged = _judge(place, repository, oldest)
        _refuse_other_repository(repository, [each.number for each, _ in judged])
        for each, reason in judged:
            if reason is None:
                print(f"{each.name} stays")
                continue
            print(f"{each.name}: {reason}: {', '.join(each.list_parts())}")
            if not apply:
                removed.append(each.name)
                continue
            # The removal of the one before took minutes: a push may have deployed this one meanwhile.
            again = {found.number: (found, why) for found, why in _judge(place, repository, oldest)}
            found, why = again.get(each.number, (each, None))
            if why is None:
                print(f"{each.name} stays: it has changed since the sweep began")
                continue
            rest = place.remove(found)
            left += rest
            removed += [] if rest else [each.name]
            if save is not None and (found.has_stack or found.has_namespace):
                state: State = "failed" if rest else "removed"
                EnvironmentReport(state=state, now=now, reason=why).save(save / str(each.number))
    verb = "removed" if apply else "would be removed with --apply"
    lines = [f"{len(removed)} environments {verb}: {', '.join(removed) or 'none'}", *left]
    workflow_run.summarize("\n\n".join(lines))
    _print_leftovers(left)
    facts = {"removed": removed, "applied": apply, "leftovers": left}
    return Report(Status.FAILED if left else Status.OK, facts)


def _judge(place: _Place, repository: GitHubRepository, oldest: timedelta) -> list[tuple[Found, str | None]]:
    """The environments that exist, and why each is to be removed; None: it stays."""
    environments, now = place.find(), datetime.now(UTC)
    pulls = repository.list_open_pulls()  # asked last: who opens one meanwhile has no environment yet
    return [
        (each, describe_reason(each, is_open=each.number in pulls, now=now, oldest=oldest)) for each in environments
    ]


def _refuse_other_repository(repository: GitHubRepository, numbers: Sequence[int]) -> None:
    """Refuse when the repository has no pull request of any environment: each would count as closed."""
    if numbers and not any(map(repository.has_pull, numbers)):
        wanted = ", ".join(f"#{number}" for number in numbers)
        raise RefusedError(
            f"{repository.slug} has no pull request {wanted}, which these environments are of, so it is not their "
            "repository: give --repo owner/name. Nothing was removed; `slipway preview-environment down` removes one"
        )


def write_comments(folder: Path, slug: str | None) -> Report:
    """Write or edit the comments that `sweep` saved, each on its pull request; status 1 when one takes none.

    Raises:
        MissingError, UnreachableError: GitHub takes none at all.
    """
    repository = GitHubRepository.from_environment(slug)
    written: list[str] = []
    refused: list[str] = []
    for file in sorted(folder.glob(f"*/{FILE}")):
        if not file.parent.name.isdecimal():
            continue
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
            written.append(comment.write(repository, int(file.parent.name), PURPOSE, text))
        except GitHubError as error:
            if isinstance(error, MissingError | UnreachableError):
                raise
            refused.append(f"pull request {file.parent.name}: {error}")
    for line in (*written, *refused):
        print(line)
    return Report(Status.FAILED if refused else Status.OK, {"comments": written, "refused": refused})


@dataclass(frozen=True)
class _Place:
    """Where environments are.

    Attributes:
        slug: `owner/name` of the repository whose pull requests have them; None: that of the workflow's run.
    """

    parent: Parent
    kubeconfig: str
    cluster: EnvironmentCluster
    registry: StackRegistry
    slug: str | None = None

    def find(self) -> list[Found]:
        with DigitalOcean(endpoint=self.registry.endpoint) as account:
            stored = list(account.manifests(self.registry.name))
        return find_environments(list_stacks(self.parent.checkout), self.cluster, stored)

    def remove(self, found: Found) -> list[str]:
        stack = EnvironmentStack(found.number, self.kubeconfig, self.parent.checkout, self.slug)
        return remove(found, stack, self.cluster, self.registry, print)


@contextmanager
def _open(parent: Parent, slug: str | None = None) -> Iterator[_Place]:
    kubeconfig = read_kubeconfig(parent)
    with EnvironmentCluster.open(kubeconfig) as cluster:
        yield _Place(parent, kubeconfig, cluster, StackRegistry.of(parent.name, parent.config), slug)


def _print_leftovers(left: Sequence[str]) -> None:
    for line in left:
        print(f"left: {line}")
