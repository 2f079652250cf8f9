"""What answers where, once a release is deployed."""

from __future__ import annotations

from dataclasses import dataclass

SHORT = 12  # hexadecimal digits of a commit, as image tags have them


@dataclass(frozen=True)
class LiveService:
    """A service that answers.

    Attributes:
        url: a page that a person can open; None where the service answers inside the cluster only.
    """

    name: str
    tag: str
    url: str | None

    def __str__(self) -> str:
        return f"{self.name:18} {self.tag:12} {self.url or 'inside the cluster; set nodePort to reach it from here'}"


@dataclass(frozen=True)
class LiveRelease:
    """What runs.

    Attributes:
        release: the commit, as `make up RELEASE=…` takes it.
        changed: whether uncommitted changes run on top of it.
        figures: how it answered its requests, a sentence for each service that is judged.
    """

    release: str
    changed: bool
    services: list[LiveService]
    figures: tuple[str, ...] = ()

    def __str__(self) -> str:
        changes = " with uncommitted changes" if self.changed else ""
        lines = [
            f"release {self.release[:SHORT]}{changes} is live:",
            *(f"  {live}" for live in self.services),
            *self.figures,
        ]
        return "\n".join(lines)
