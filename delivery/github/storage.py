"""What GitHub Actions stores for a repository, and which of it nobody uses any more: caches and artifacts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from githubkit.exception import RequestFailed
from pydantic import AwareDatetime, BaseModel, ValidationError

from delivery.github.client import NOT_FOUND, PAGE, GitHubRepository
from delivery.outcome import DeliveryError

PULL_REQUEST = re.compile(r"refs/pull/(\d+)/(merge|head)")
BRANCH = "refs/heads/"
REPORT_DAYS = 7  # coverage, scans, journeys: as long as they are asked for
WAITING_DAYS = 31  # what an approver relies on: a run may wait 30 days
# Read by later runs, as the newest of their name: GitHub ends them by their own retention.
LASTING = re.compile(r".*-release|performance.*|scan-findings|drift-.*")
WAITING = {"staged", "approved"}
MOST_PAGES = 1000
SHOWN = 200  # characters of what is wrong with an answer


class _Cache(BaseModel):
    id: int
    ref: str
    key: str
    size_in_bytes: int = 0


class _Artifact(BaseModel):
    id: int
    name: str
    size_in_bytes: int = 0
    expired: bool = False
    created_at: AwareDatetime


class _Named(BaseModel):
    name: str


class _Numbered(BaseModel):
    number: int


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
    caches = list(_list(repository, rest.actions.get_actions_cache_list, "actions_caches", _Cache))
    branches = {each.name for each in _list(repository, rest.repos.list_branches, None, _Named)}
    if not branches:
        raise DeliveryError(f"GitHub lists no branch of {repository.slug}: nothing is known to be unused")
    pulls = {each.number for each in _list(repository, rest.pulls.list, None, _Numbered, state="open")}
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
    for artifact in _list(repository, repository.rest.actions.list_artifacts_for_repo, "artifacts", _Artifact):
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
        call(repository.owner, repository.name, stored.id)
    except RequestFailed as error:
        if error.response.status_code != NOT_FOUND:
            raise


def _list(repository: GitHubRepository, call: Any, key: str | None, entry: type[Any], **parameters: Any) -> list[Any]:
    """Every entry of every page of a list, or of a list under a key."""
    entries: list[Any] = []
    for page in range(1, MOST_PAGES + 1):
        reply = call(repository.owner, repository.name, per_page=PAGE, page=page, **parameters)
        try:
            content = reply.json()
            found = [entry.model_validate(each) for each in (content if key is None else content[key])]
        except (ValidationError, ValueError, LookupError, TypeError) as error:
            what = key or "list"
            raise DeliveryError(f"GitHub answers something else than a {what}: {str(error)[:SHOWN]}") from error
        entries += found
        if len(found) < PAGE:
            return entries
    raise DeliveryError(f"GitHub's list of {key or 'entries'} has no end after {MOST_PAGES} pages")
