"""A file that is to be written, and how it differs from the one that exists."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FileChange:
    """The new text of a file.

    Attributes:
        path: from the root of the checkout.
    """

    path: Path
    text: str

    def diff(self, checkout: Path) -> str:
        """Return the change as a unified diff; empty where nothing changes."""
        file = checkout / self.path
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        lines = difflib.unified_diff(
            before.splitlines(keepends=True),
            self.text.splitlines(keepends=True),
            f"a/{self.path}" if file.exists() else "/dev/null",
            f"b/{self.path}",
        )
        return "".join(lines)


def write_files(changes: Sequence[FileChange], checkout: Path) -> None:
    """Write files: first all of them beside their places, so that a full disk or a missing right changes none."""
    partials: list[tuple[Path, Path]] = []
    try:
        for change in changes:
            file = checkout / change.path
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_name(f"{file.name}.partial")
            partials.append((partial, file))
            partial.write_text(change.text, encoding="utf-8")
        for partial, file in partials:
            partial.replace(file)
    finally:
        for partial, _ in partials:
            partial.unlink(missing_ok=True)
