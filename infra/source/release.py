"""A release is a git commit: it decides which image of each service runs.

A service's own commit is the last one, at or before the release, that touched one of the service's folders: its own
and those it shares. So a service that did not change between two releases keeps its image, its digest and its pods.
Its service.yaml does not count: it says how the image runs, and is not in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.config.service_file import SERVICE_FILE, ReadFile
from infra.source.git import GitError, git, printable
from infra.source.tree import LINK, list_entries, write_working_tree

SHORT = 12  # hexadecimal digits in a tag: 48 bits, no clash in any repository a team can write
SHOWN = 5  # changed files named in an error
PROGRAM = ("__main__.py", "infra", "helm")  # what decides beside the services' folders


def read_from_release(checkout: Path, release: str) -> ReadFile:
    """Return a function that reads a file of a commit; it returns None where the commit has none."""

    def read(path: str) -> str | None:
        try:
            return git(checkout, "show", f"{release}:./{path}")
        except GitError:
            return None

    return read


class ReleaseError(GitError):
    """The checkout cannot say what the release is, or the release may not be deployed from it."""


@dataclass(frozen=True, kw_only=True)
class ServiceRelease:
    """One service at one release.

    Attributes:
        context: its own folder, from the root of the checkout.
        shares: other folders that go into its image.
        sha: the service's own commit, whole.
        tag: what its image is called: `3f2a91c4d5e6`, or `3f2a91c4d5e6-dirty-9b1c22d0` with changes on top.
        alias: the same for people, by date: `20261121-3f2a91c`; None with changes on top.
    """

    service: str
    context: str
    shares: tuple[str, ...]
    sha: str
    tag: str
    alias: str | None

    @property
    def folders(self) -> tuple[str, ...]:
        return (self.context, *self.shares)

    def contains(self, path: str) -> bool:
        """Whether a file of these folders goes into the image."""
        return path != f"{self.context}/{SERVICE_FILE}"

    @property
    def build_folder(self) -> str:
        """The folder that its image is built from: its own, or the root where it shares others."""
        return "." if self.shares else self.context

    @property
    def dockerfile(self) -> str:
        """Its Dockerfile, from that folder."""
        return f"{self.context}/Dockerfile" if self.shares else "Dockerfile"

    @property
    def dirty(self) -> bool:
        return self.alias is None


class Release:
    """A commit of the repository around `folder`.

    Raises:
        ReleaseError: `revision` names no commit, or the clone is too shallow to tell.
    """

    def __init__(self, revision: str, *, folder: Path = Path()) -> None:
        self.folder = folder
        self.revision = revision
        if git(folder, "rev-parse", "--is-shallow-repository") == "true":
            raise ReleaseError(
                "this clone is shallow, so the last commit of a service may be missing from it; "
                "run `git fetch --unshallow` (in GitHub Actions: fetch-depth: 0)"
            )
        try:
            self.sha = git(folder, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        except GitError:
            raise ReleaseError(
                f"slipway:release is {revision!r}, which names no commit here; write a commit, a tag or HEAD"
            ) from None

    @property
    def current(self) -> bool:
        """Whether the release is what is checked out, changes on top of it and all: only HEAD means that."""
        return self.revision == "HEAD"

    def of(self, service: str, context: str, shares: Sequence[str] = ()) -> ServiceRelease:
        """The service at this release.

        Raises:
            ReleaseError: the release has no such folder, and nothing in it is new; or one of the folders is a link.
        """
        folders = (context, *shares)
        for folder in folders:
            self._refuse_link(service, folder)
        own_file = f"{context}/{SERVICE_FILE}"
        log = git(self.folder, "log", "-1", "--format=%H %cs", self.sha, "--", *folders, f":(exclude){own_file}")
        changes = self._changes(folders, own_file) if self.current else ""
        sha, _, day = log.partition(" ")
        if changes:
            sha = sha or self.sha
            tag = f"{sha[:SHORT]}-dirty-{changes}"
            return ServiceRelease(
                service=service, context=context, shares=tuple(shares), sha=sha, tag=tag, alias=None
            )
        if not log or not self._holds(sha, context):
            raise ReleaseError(f"{service}: release {self.sha[:SHORT]} has no folder {context}/")
        alias = f"{day.replace('-', '')}-{sha[:7]}"
        return ServiceRelease(
            service=service, context=context, shares=tuple(shares), sha=sha, tag=sha[:SHORT], alias=alias
        )

    def refuse_changes(self, folders: Sequence[str]) -> None:
        """Stop when what would be deployed is not what the commit holds.

        Raises:
            ReleaseError: a file of a service or of the program is changed or new.
        """
        changed = git(self.folder, "status", "--porcelain", "--", *folders, *PROGRAM).splitlines()
        if changed:
            some = ", ".join(printable(line[3:]) for line in changed[:SHOWN]) + (" …" if len(changed) > SHOWN else "")
            raise ReleaseError(
                f"uncommitted changes would not be in release {self.sha[:SHORT]}: {some}; commit them or stash them"
            )

    def _holds(self, sha: str, context: str) -> bool:
        """Whether the folder is there at a commit: the last one to touch it may have removed it."""
        return bool(git(self.folder, "ls-tree", sha, "--", context))

    def _refuse_link(self, service: str, folder: str) -> None:
        """Refuse a folder that is a link, or lies below one: git knows no history of the files behind it."""
        parts = folder.split("/")
        for path in ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]:
            entries = list_entries(self.folder, self.sha, [path])
            if any(entry.path == path and entry.mode == LINK for entry in entries) or (
                self.current and (self.folder / path).is_symlink()
            ):
                raise ReleaseError(f"{service}: {path} is a symbolic link; write the folder that it leads to")

    def _changes(self, folders: Sequence[str], own_file: str) -> str:
        """A hash of the folders' content when it differs from HEAD's; empty when it does not."""
        if not git(self.folder, "status", "--porcelain", "--", *folders, f":(exclude){own_file}"):
            return ""
        digest = hashlib.sha256()
        entries = list_entries(self.folder, write_working_tree(self.folder, folders), folders)
        for entry in (entry for entry in entries if entry.path != own_file):
            digest.update(f"{entry.mode} {entry.object}\0{entry.path}\0".encode(errors="surrogateescape"))
        return digest.hexdigest()[:8]
