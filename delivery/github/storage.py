"""What GitHub Actions stores for a repository, and which of it nobody uses any more: caches and artifacts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import AwareDatetime

from delivery.github.answers import Answer
from delivery.github.client import GitHubRepository
from delivery.github.errors import NOT_FOUND, GitHubError
from delivery.github.settings_answers import Named
from delivery.outcome import DeliveryError

PULL_REQUEST = re.compile(r"refs/pull/(\d+)/(merge|head)")
BRANCH = "refs/heads/"
REPORT_DAYS = 7  # coverage, scans, journeys: as long as they are asked for
WAITING_DAYS = 31  # what an approver relies on: a run may wait 30 days
# Read by later runs, as the newest of their name: GitHub ends them by their own retention.
LASTING = re.compile(r".*-release|performance.*|scan-findings|drift-.*")
WAITING = {"staged", "approved"}


class Cache(Answer):
    """A cache of Actions."""

    id: int
    ref: str
    key: str
    size_in_bytes: int = 0


class StoredArtifact(Answer):
    """An artifact, with its size and age."""

    id: int
    name: str
    size_in_bytes: int = 0
    expired: bool = False
    created_at: AwareDatetime


@dataclass(frozen=True)
class Stored:
    """A cache or an artifact that nobody uses.

    Attributes:
        kind: `cache` or `artifact`.
        reason: why nobody does.
    """

    kind: str
    id: int
    name: str
    size_bytes: int
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.reason}"


def find_unused_caches(repository: GitHubRepository) -> Iterator[Stored]:
    """The caches of pull requests that are closed and of branches that are gone.

    A cache of any other ref is left alone. GitHub itself deletes what was not used for a week.
    """
    rest = repository.rest
    caches = list(repository.pages(Cache, rest.actions.get_actions_cache_list, key="actions_caches"))
    branches = {each.name for each in repository.pages(Named, rest.repos.list_branches)}
    if not branches:
        raise DeliveryError(f"GitHub lists no branch of {repository.slug}: nothing is known to be unused")
    pulls = repository.list_open_pulls()
    for cache in caches:
        if match := PULL_REQUEST.fullmatch(cache.ref):
            reason = "" if int(match[1]) in pulls else f"pull request {match[1]} is closed"
        elif cache.ref.startswith(BRANCH):
            name = cache.ref.removeprefix(BRANCH)
            reason = "" if name in branches else f"branch {name} is gone"
        else:
            reason = ""
        if reason:
            yield Stored("cache", cache.id, f"{cache.key} of {cache.ref}", cache.size_in_bytes, reason)


def find_unused_artifacts(repository: GitHubRepository, now: datetime) -> Iterator[Stored]:
    """The artifacts that are older than their use; what later runs read by name is left alone."""
    for artifact in repository.pages(
        StoredArtifact, repository.rest.actions.list_artifacts_for_repo, key="artifacts"
    ):
        if artifact.expired or LASTING.fullmatch(artifact.name):
            continue
        days = WAITING_DAYS if artifact.name in WAITING else REPORT_DAYS
        if now - artifact.created_at > timedelta(days=days):
            reason = f"of {artifact.created_at:%F}, older than {days} days"
            yield Stored("artifact", artifact.id, artifact.name, artifact.size_in_bytes, reason)


def delete(repository: GitHubRepository, stored: Stored) -> None:
    """Delete a cache or an artifact, unless it is gone."""
    actions = repository.rest.actions
    call = actions.delete_actions_cache_by_id if stored.kind == "cache" else actions.delete_artifact
    try:
        repository.send(call, repository.owner, repository.name, stored.id)
    except GitHubError as error:
        if error.code != NOT_FOUND:
            raise
