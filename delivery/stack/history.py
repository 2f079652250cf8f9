"""What ran where and when: `pulumi stack history`, read as releases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from delivery.stack.commits import known
from infra.config.schema import NO_IMAGES
from infra.source.git import git

RELEASE_KEY = "slipway:release"
IMAGES_KEY = "slipway:images"
RETURN = "return to"  # how the message of an automatic return begins
VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


class Update(BaseModel):
    """One record of `pulumi stack history --json`.

    Attributes:
        version: 0 with a self-managed backend.
        config: by full key, `{"value": …, "secret": …}`.
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
    resource_changes: dict[str, int] = {}

    @property
    def images(self) -> str | None:
        """Whether images were built or looked up."""
        return self.config.get(IMAGES_KEY, {}).get("value")

    @property
    def revision(self) -> str | None:
        """The release as a git revision that means the same everywhere; None where the record does not say."""
        wanted = str(self.config.get(RELEASE_KEY, {}).get("value", "HEAD"))
        if not wanted.startswith("HEAD"):
            return wanted
        head = self.environment.get("git.head")
        return None if head is None else wanted.replace("HEAD", head, 1)


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A release that was deployed to a stack.

    Attributes:
        sha: the release's commit, whole.
        version: its tag (`v1.4.0`), if it has one.
        by: who, as Pulumi recorded it.
        url: of the run that did it, if one did.
    """

    sha: str
    version: str | None
    at: datetime
    succeeded: bool
    by: str
    url: str | None
    message: str


def deployed(updates: Iterable[Update], checkout: Path = Path()) -> list[Deployed]:
    """The releases among the updates, newest first; what this clone does not know is left out."""
    return list(each_deployed(updates, checkout))


def each_deployed(updates: Iterable[Update], checkout: Path = Path()) -> Iterator[Deployed]:
    """The same one by one: a history is read as far as it is needed."""
    returned = False
    for update in updates:
        if update.kind != "update" or update.images == NO_IMAGES:
            continue
        # What is followed by a return may have been applied well, and then failed its checks.
        failed, returned = returned, update.message.startswith(RETURN)
        if update.revision is None or (sha := known(update.revision, checkout)) is None:
            continue
        environment = update.environment
        yield Deployed(
            sha=sha,
            version=version_of(sha, checkout),
            at=update.end_time or update.start_time,
            succeeded=update.result == "succeeded" and not failed,
            by=environment.get("github.login") or environment.get("git.committer") or "unknown",
            url=environment.get("ci.build.url"),
            message=update.message.splitlines()[0] if update.message else "",
        )


def previous(releases: Iterable[Deployed], current: str) -> Deployed | None:
    """The newest release that succeeded and is not the current one."""
    return next((release for release in releases if release.succeeded and release.sha != current), None)


def version_of(sha: str, checkout: Path = Path()) -> str | None:
    """The highest version tag of a commit."""
    tags = [tag for tag in git(checkout, "tag", "--points-at", sha).split() if VERSION.fullmatch(tag)]
    return max(tags, key=lambda tag: tuple(map(int, tag[1:].split("."))), default=None)
