"""Updates that a stack never had: copies of one that it had, to measure what a long history costs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from perf.command import RunError

MINUTE = 60 * 10**9  # nanoseconds, in which Pulumi's file names count


@dataclass
class PastUpdates:
    """Copies in the folder of a stack's history, with file names that are earlier than every real one.

    Pulumi's backends of files keep two files of each update, `<stack>-<nanoseconds>.history.json` and
    `.checkpoint.json` (pkg/backend/diy/state.go), and order them by name.

    Args:
        folder: `.pulumi/history/<project>/<stack>` of the backend.
    """

    folder: Path
    copies: list[Path] = field(default_factory=list)

    def grow_to(self, count: int) -> None:
        """Copy the oldest update until the history has this many.

        Raises:
            RunError: there is none to copy.
        """
        records = sorted(self.folder.glob("*.history.json"))
        if not records:
            raise RunError(f"no update in {self.folder}: run `make up` first")
        oldest = records[0].name.removesuffix(".history.json")
        stack, _, moment = oldest.rpartition("-")
        for number in range(1, count - len(records) + 1):
            for end in (".history.json", ".checkpoint.json"):
                copy = self.folder / f"{stack}-{int(moment) - number * MINUTE}{end}"
                shutil.copyfile(self.folder / f"{oldest}{end}", copy)
                self.copies.append(copy)

    def remove(self) -> None:
        """Delete the copies."""
        for copy in self.copies:
            copy.unlink(missing_ok=True)
        self.copies.clear()
