"""What ran where and when: `pulumi stack history`, read as releases.

Each update that Slipway makes says more in its configuration, under keys that nobody else writes: which release it
rolled back from, and which images ran when it began. A message is people's own, and means nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from delivery.stack.commits import find_commit
from infra.config.schema import NO_IMAGES
from infra.source.git import git

RELEASE_KEY = "slipway:release"
IMAGES_KEY = "slipway:images"
CANARY_KEY = "slipway:canary"
# Not of the project's own keys: the program of an older release refuses one that it does not know.
ROLLBACK_KEY = "delivery:rollback"
REPLACED_KEY = "delivery:replaced"
RECORD_KEYS = (ROLLBACK_KEY, REPLACED_KEY)
AUTOMATIC, PERSON = "automatic", "person"
VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
RECENT = 200  # updates that are searched for a release that was rolled back automatically
COMMIT = r"^[0-9a-f]{40,64}$"
Record = TypeVar("Record", bound=BaseModel)


class Rollback(BaseModel):
    """That an update rolls a release back.

    Attributes:
        from_release: the release that ran before, or was to run.
        by: `automatic` after a release that failed.
    """

    model_config = ConfigDict(populate_by_name=True, frozen=True)

    from_release: str = Field(alias="from", pattern=COMMIT)
    by: Literal["automatic", "person"]


class Replaced(BaseModel):
    """What ran when an update began.

    Attributes:
        digests: of each service's image.
    """

    model_config = ConfigDict(frozen=True)

    release: str = Field(pattern=COMMIT)
    digests: dict[str, str]


class Update(BaseModel):
    """One record of `pulumi stack history --json`.

    Attributes:
        version: 0 with a self-managed backend.
        config: by full key, `{"value": …, "secret": …}`; a mapping is JSON in `value`, and itself in `objectValue`.
        environment: `git.head`, `ci.build.url` and the like.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    version: int = 0
    kind: str
    start_time: datetime
    end_time: datetime | None = None
    message: str = ""
    result: str
    environment: dict[str, str] = {}
    config: dict[str, dict[str, Any]] = {}
    resource_changes: dict[str, int] | None = None

    @property
    def images(self) -> str | None:
        """Whether images were built or looked up."""
        return self.config.get(IMAGES_KEY, {}).get("value")

    @property
    def deploys(self) -> bool:
        """Whether it was to have the whole stack run a release: not where it made the registry, or a canary."""
        return self.kind == "update" and self.images != NO_IMAGES and CANARY_KEY not in self.config

    @property
    def revision(self) -> str | None:
        """The release as a git revision that means the same everywhere; None where the record does not say."""
        wanted = str(self.config.get(RELEASE_KEY, {}).get("value", "HEAD"))
        if not wanted.startswith("HEAD"):
            return wanted
        head = self.environment.get("git.head")
        return None if head is None else wanted.replace("HEAD", head, 1)

    @property
    def rollback(self) -> Rollback | None:
        """What it rolled back from; None where it is no rollback of Slipway's."""
        return self._parse_record(ROLLBACK_KEY, Rollback)

    @property
    def replaced(self) -> Replaced | None:
        """What ran when it began; None where Slipway did not make it."""
        return self._parse_record(REPLACED_KEY, Replaced)

    def _parse_record(self, key: str, form: type[Record]) -> Record | None:
        text = self.config.get(key, {}).get("value")
        try:
            return form.model_validate_json(text) if isinstance(text, str) else None
        except ValidationError:
            return None  # nobody is to be kept from a rollback by a record that is not ours


UPDATES = TypeAdapter(list[Update])


@dataclass(frozen=True, kw_only=True)
class DeployedRelease:
    """A release that was deployed to a stack.

    Attributes:
        sha: the release's commit, whole.
        version: its tag (`v1.4.0`), if it has one.
        by: who, as Pulumi recorded it.
        url: of the run that did it, if one did.
        succeeded: whether the update did, and no automatic rollback followed.
        rolled_back: whether it was rolled back from later, by a person or automatically.
    """

    sha: str
    version: str | None
    at: datetime
    succeeded: bool
    by: str
    url: str | None
    message: str
    rolled_back: bool = False


def list_releases(updates: Iterable[Update], checkout: Path = Path()) -> list[DeployedRelease]:
    """The releases among the updates, newest first; what this clone does not know is left out."""
    return list(iterate_releases(updates, checkout))


def iterate_releases(updates: Iterable[Update], checkout: Path = Path()) -> Iterator[DeployedRelease]:
    """The same one by one: a history is read as far as it is needed."""
    rolled_back: dict[str, set[str]] = {}
    for update in updates:
        if not update.deploys:
            continue
        sha = None if update.revision is None else find_commit(update.revision, checkout)
        if sha is not None:
            environment, by = update.environment, rolled_back.get(sha, set())
            yield DeployedRelease(
                sha=sha,
                version=find_version(sha, checkout),
                at=update.end_time or update.start_time,
                succeeded=update.result == "succeeded" and AUTOMATIC not in by,
                by=environment.get("github.login") or environment.get("git.committer") or "unknown",
                url=environment.get("ci.build.url"),
                message=update.message.splitlines()[0] if update.message else "",
                rolled_back=bool(by),
            )
        if record := update.rollback:
            rolled_back.setdefault(record.from_release, set()).add(record.by)


def iterate_good(releases: Iterable[DeployedRelease], current: str) -> Iterator[DeployedRelease]:
    """The releases to roll back to, newest first, each once: not the current one, and none that failed or was undone.

    The newest record of a release counts, unless that update failed and an earlier one did not.
    """
    seen = {current}
    for release in releases:
        if release.sha in seen:
            continue
        if release.rolled_back:
            seen.add(release.sha)
        elif release.succeeded:
            seen.add(release.sha)
            yield release


def find_previous(releases: Iterable[DeployedRelease], current: str) -> DeployedRelease | None:
    """The newest release to roll back to; see `iterate_good`."""
    return next(iterate_good(releases, current), None)


def find_automatic_rollback(updates: Iterable[Update], sha: str, checkout: Path = Path()) -> Update | None:
    """The automatic rollback from a release, unless it ran well since; the newest RECENT updates are searched."""
    for update in islice(updates, RECENT):
        if update.rollback and update.rollback.by == AUTOMATIC and update.rollback.from_release == sha:
            return update
        ran = update.deploys and update.result == "succeeded"
        if ran and update.revision and find_commit(update.revision, checkout) == sha:
            return None
    return None


def find_digests(updates: Iterable[Update], sha: str) -> dict[str, str] | None:
    """The images that a release ran with, by the update that replaced it; None where none recorded them."""
    records = (update.replaced for update in updates)
    return next((record.digests for record in records if record and record.release == sha), None)


def find_version(sha: str, checkout: Path = Path()) -> str | None:
    """The highest version tag of a commit."""
    tags = [tag for tag in git(checkout, "tag", "--points-at", sha).split() if VERSION.fullmatch(tag)]
    return max(tags, key=lambda tag: tuple(map(int, tag[1:].split("."))), default=None)
