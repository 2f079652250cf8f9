"""What a commit, or the working folder, contains: entries of git trees and the bytes of their blobs.

Blobs are read as git stores them. `git archive` and a checkout give other bytes: attributes take files out
(`export-ignore`), rewrite them (`export-subst`, `eol`), and a person's `core.autocrlf` changes every line.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from infra.source.git import GitError, git, git_environment, printable

LINK, SUBMODULE, EXECUTABLE = "120000", "160000", "100755"  # modes of git's tree entries
NEW_AND_TRACKED = ("--cached", "--others", "--exclude-standard")


@dataclass(frozen=True)
class Entry:
    """A file, link or submodule.

    Attributes:
        mode: git's, as six octal digits.
        object: the id of its blob; of a submodule, its commit.
        path: from the folder that was listed, with slashes.
    """

    mode: str
    object: str
    path: str


def list_entries(folder: Path, tree: str, below: Sequence[str]) -> list[Entry]:
    """List what a commit or a tree has in folders, each relative to `folder`, in git's order."""
    entries = []
    for line in git(folder, "ls-tree", "-r", "-z", tree, "--", *below).split("\0"):
        if line:
            facts, _, path = line.partition("\t")
            mode, _, object_ = facts.split(" ")
            entries.append(Entry(mode, object_, path))
    return entries


def write_working_tree(folder: Path, below: Sequence[str]) -> str:
    """Return the tree that a commit of everything in these folders would have now.

    New files count, ignored ones do not. The index of the checkout stays as it is: git works on a copy of it.

    Raises:
        GitError: git cannot add a file.
    """
    with tempfile.TemporaryDirectory() as place:
        index = Path(place) / "index"
        present = folder / git(folder, "rev-parse", "--git-path", "index")
        if present.exists():
            shutil.copyfile(present, index)
        own_index = {"GIT_INDEX_FILE": str(index)}
        known = [name for name in below if git(folder, "ls-files", *NEW_AND_TRACKED, "--", name)]
        if known:
            quiet = ("-c", "advice.addEmbeddedRepo=false")
            git(folder, *quiet, "add", "--all", "--sparse", "--", *known, environment=own_index)
        return git(folder, "write-tree", environment=own_index)


def read_blobs(folder: Path, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes]]:
    """Read each entry's bytes, one after the other.

    Raises:
        GitError: git does not have one of them.
    """
    command = ["git", "-C", str(folder), "cat-file", "--batch"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=git_environment()
    ) as batch:
        requests, replies = cast("IO[bytes]", batch.stdin), cast("IO[bytes]", batch.stdout)
        for entry in entries:
            requests.write(f"{entry.object}\n".encode())
            requests.flush()
            *_, size = os.fsdecode(replies.readline()).split() or [""]
            if not size.isdigit():
                raise GitError(f"git cat-file: {entry.object} of {printable(entry.path)} is {size or 'not readable'}")
            yield entry, replies.read(int(size))
            replies.read(1)  # the newline after a blob
