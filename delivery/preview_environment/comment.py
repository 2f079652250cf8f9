"""The one comment of a preview environment on its pull request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from delivery.github.markdown import code

PURPOSE = "preview-environment"
FILE = "comment.md"
State = Literal["ready", "failed", "removed"]
SIGNS = {"ready": "✅ ready", "failed": "❌ the last update failed", "removed": "🧹 removed"}


@dataclass(frozen=True, kw_only=True)
class EnvironmentReport:
    """What people read of an environment.

    Attributes:
        urls: by service.
        release: the commit that runs, or that was to run.
        created: when its namespace was created.
        updated: when it was last updated.
        reason: why it failed, or was removed.
        max_age_days: see the stack file's `previewEnvironments`.
    """

    state: State
    now: datetime
    urls: Mapping[str, str] = field(default_factory=dict)
    release: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    reason: str | None = None
    max_age_days: int = 0

    def write(self) -> str:
        """The comment, as Markdown."""
        rows = [("State", SIGNS[self.state] + (f": {self.reason}" if self.reason else ""))]
        if self.state != "removed":
            rows = [*((name, url) for name, url in self.urls.items()), *rows]
            rows += [("Commit", code(self.release[:12]))] if self.release else []
            rows += [("Age", self._describe_age())]
        table = "\n".join(f"| {name} | {value} |" for name, value in rows)
        return f"### Preview environment\n\n| | |\n|---|---|\n{table}\n\n{self._describe_rest()}\n"

    def save(self, folder: Path) -> None:
        """Write the comment to FILE in a folder, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(self.write(), encoding="utf-8")

    def _describe_age(self) -> str:
        parts = []
        if self.created is not None:
            parts.append(
                f"created {self.created:%Y-%m-%d %H:%M} UTC, {describe_duration(self.now - self.created)} ago"
            )
        if self.updated is not None:
            parts.append(f"updated {self.updated:%Y-%m-%d %H:%M} UTC")
        return "; ".join(parts) or "new"

    def _describe_rest(self) -> str:
        if self.state == "removed":
            return "Another push to an open pull request makes a new one."
        return (
            f"Its databases have example data and are its own. It is updated by each push, and removed when the pull "
            f"request is closed, or {self.max_age_days} days after the last update."
        )


def describe_duration(duration: timedelta) -> str:
    """A duration in its largest unit: `3 h`."""
    minutes = max(0, int(duration.total_seconds())) // 60
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
