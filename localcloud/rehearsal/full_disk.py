"""A file system of a few MiB in place of a folder, for the time of a step; in the rehearsal's own mount namespace."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE = 64 * 2**20
FILLER = "filler"
BLOCK = 4096


@dataclass(frozen=True)
class SmallDisk:
    """A file system that can be filled."""

    folder: Path

    def fill(self, *, free: int) -> None:
        """Use it up to a last few bytes."""
        left = shutil.disk_usage(self.folder).free - free
        (self.folder / FILLER).write_bytes(b"\0" * (left // BLOCK * BLOCK))

    def make_room(self) -> None:
        """Delete what it was filled with."""
        (self.folder / FILLER).unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mount one over a folder with what is in there, and put what it has at the end into the folder."""
    with tempfile.TemporaryDirectory() as beside:
        before = Path(beside) / "before"
        shutil.copytree(folder, before, symlinks=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(folder)], check=True)
        try:
            shutil.copytree(before, folder, symlinks=True, dirs_exist_ok=True)
            yield SmallDisk(folder)
        finally:
            after = Path(beside) / "after"
            shutil.copytree(folder, after, symlinks=True, ignore=shutil.ignore_patterns(FILLER))
            subprocess.run(["umount", str(folder)], check=True)
            shutil.copytree(after, folder, symlinks=True, dirs_exist_ok=True)
