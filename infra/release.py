"""A release is a git commit: it decides which image of each service runs.

A service's own commit is the last one, at or before the release, that touched the service's folder. So a
service that did not change between two releases keeps its image, its digest and its pods.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi

SHORT = 12  # hexadecimal digits in a tag: 48 bits, no clash in any repository a team can write
CONTEXTS = Path(".slipway/contexts")
PROGRAM = ("__main__.py", "infra", "helm")  # what decides beside the services' folders


class ReleaseError(pulumi.RunError):
    """The release cannot be told from the checkout, or may not be deployed from it."""


@dataclass(frozen=True, kw_only=True)
class ServiceRelease:
    """One service at one release.

    Attributes:
        sha: the service's own commit, whole.
        tag: what its image is called: `3f2a91c4d5e6`, or `3f2a91c4d5e6-dirty-9b1c22d0` with changes on top.
        alias: the same for people, by date: `20261121-3f2a91c`; None with changes on top.
    """

    service: str
    sha: str
    tag: str
    alias: str | None


class Release:
    """A commit of the repository around `folder`.

    Raises:
        ReleaseError: `revision` names no commit, or the clone is too shallow to tell.
    """

    def __init__(self, revision: str, *, folder: Path = Path()) -> None:
        self.folder = folder
        self.revision = revision
        if self._git("rev-parse", "--is-shallow-repository") == "true":
            raise ReleaseError(
                "this clone is shallow, so the last commit of a service may be missing from it; "
                "run `git fetch --unshallow` (in GitHub Actions: fetch-depth: 0)"
            )
        try:
            self.sha = self._git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        except ReleaseError:
            raise ReleaseError(
                f"slipway:release is {revision!r}, which names no commit here; write a commit, a tag or HEAD"
            ) from None

    @property
    def current(self) -> bool:
        """Whether the release is what is checked out, changes on top of it and all: only HEAD means that."""
        return self.revision == "HEAD"

    def of(self, service: str, context: str) -> ServiceRelease:
        """The service at this release.

        Raises:
            ReleaseError: no commit up to the release touched the folder, and nothing in it is new.
        """
        log = self._git("log", "-1", "--format=%H %cs", self.sha, "--", context)
        changes = self._changes(context) if self.current else ""
        if not log and not changes:
            raise ReleaseError(f"{service}: no commit up to {self.sha[:SHORT]} has anything in {context}/")
        sha, _, day = log.partition(" ") if log else (self.sha, "", "")
        if changes:
            tag = f"{sha[:SHORT]}-dirty-{changes}"
            return ServiceRelease(service=service, sha=sha, tag=tag, alias=None)
        alias = f"{day.replace('-', '')}-{sha[:7]}"
        return ServiceRelease(service=service, sha=sha, tag=sha[:SHORT], alias=alias)

    def refuse_changes(self, contexts: Sequence[str]) -> None:
        """Stop when what would be deployed is not what the commit holds.

        Raises:
            ReleaseError: a file of a service or of the program is changed or new.
        """
        changed = self._git("status", "--porcelain", "--", *contexts, *self._program()).splitlines()
        if changed:
            some = ", ".join(line[3:] for line in changed[:5]) + (" …" if len(changed) > 5 else "")  # noqa: PLR2004
            raise ReleaseError(
                f"uncommitted changes would not be in release {self.sha[:SHORT]}: {some}; commit them or stash them"
            )

    def export(self, release: ServiceRelease, context: str) -> Path:
        """The service's folder as the release has it, in a folder of its own under .slipway/contexts.

        Built from there, an image is the same from every clone: the same files with the same modes, none that
        git ignores, and never today's files under yesterday's commit.
        """
        target = self.folder / CONTEXTS / release.service / release.tag
        if target.exists():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=".partial-"))
        try:
            if release.alias is None:
                self._copy(context, partial)
            else:
                self._unpack(f"{release.sha}:{context}", partial)
            partial.chmod(0o755)  # a temporary folder is its owner's alone, and the mode goes into the image
            partial.replace(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return target

    def _unpack(self, tree: str, target: Path) -> None:
        command = ["git", "-C", str(self.folder), "archive", "--format=tar", tree]
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE) as process,
            tarfile.open(fileobj=process.stdout, mode="r|") as archive,
        ):
            archive.extractall(target, filter="data")
        if process.returncode != 0:
            raise ReleaseError(f"git archive {tree} ended with status {process.returncode}")

    def _copy(self, context: str, target: Path) -> None:
        for path in self._files(context):
            copy = target / path.relative_to(self.folder / context)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            copy.chmod(0o755 if os.access(path, os.X_OK) else 0o644)  # the two modes git knows

    def _changes(self, context: str) -> str:
        """A hash of the folder's content when it differs from HEAD's; empty when it does not."""
        if not self._git("status", "--porcelain", "--", context):
            return ""
        digest = hashlib.sha256()
        for path in self._files(context):
            digest.update(path.relative_to(self.folder).as_posix().encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()[:8]

    def _files(self, context: str) -> list[Path]:
        """The folder's files that git tracks or would, sorted; deleted ones are not there."""
        listed = self._git("ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", context)
        paths = sorted({self.folder / name for name in listed.split("\0") if name})
        return [path for path in paths if path.is_file()]

    def _program(self) -> list[str]:
        return [name for name in PROGRAM if (self.folder / name).exists()]

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.folder), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ReleaseError(f"git {arguments[0]}: {done.stderr.strip()}")
        return done.stdout.rstrip()  # not its front: `git status` begins lines with a space
