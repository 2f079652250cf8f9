"""A file that is to be written, and how it differs from the one that exists."""

from __future__ import annotations

import difflib
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

    def write(self, checkout: Path) -> None:
        """Write the file, whole or not at all."""
        file = checkout / self.path
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f"{file.name}.partial")
        partial.write_text(self.text, encoding="utf-8")
        partial.replace(file)
