"""Whether staging became slower: one k6 summary beside the last one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery.outcome import MissingError

SLOWER = 1.25  # times the last: two runs against the same release differ by less, see docs/CICD.md
NOISE_MS = 20.0  # milliseconds more than the last, below which a ratio means nothing
MOST_ERRORS = 0.01  # of all requests


@dataclass(frozen=True)
class Measured:
    """One run: milliseconds, requests a second, and the share of requests that failed."""

    median: float
    p95: float
    rate: float
    errors: float

    @classmethod
    def read(cls, file: Path) -> Measured:
        """A file of `k6 run --summary-export`.

        Raises:
            MissingError: it is not there, or is something else.
        """
        try:
            metrics: dict[str, Any] = json.loads(file.read_text())["metrics"]
            duration = metrics["http_req_duration"]
            return cls(
                float(duration["med"]),
                float(duration["p(95)"]),
                float(metrics["http_reqs"]["rate"]),
                float(metrics["http_req_failed"]["value"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MissingError(f"{file} is no summary of k6: {error!r}") from error


def find_problems(now: Measured, last: Measured | None) -> list[str]:
    """What became worse than it may; empty when nothing did."""
    found = []
    if now.errors > MOST_ERRORS:
        found.append(f"{now.errors:.2%} of the requests failed; {MOST_ERRORS:.0%} may")
    if last is not None:
        for name, new, old in (("median", now.median, last.median), ("95th percentile", now.p95, last.p95)):
            if new > old * SLOWER and new - old > NOISE_MS:
                found.append(f"the {name} is {new:.0f} ms, {new / old:.2f} times the last run's {old:.0f} ms")
    return found


def table(now: Measured, last: Measured | None) -> str:
    """Both runs as Markdown, with their ratio."""
    rows = [
        ("median", now.median, last and last.median, "ms"),
        ("95th percentile", now.p95, last and last.p95, "ms"),
        ("requests", now.rate, last and last.rate, "/s"),
        ("failed", now.errors * 100, last and last.errors * 100, "%"),
    ]
    lines = ["| | this run | last run | ratio |", "|---|--:|--:|--:|"]
    for name, new, old, unit in rows:
        before = "" if old is None else f"{old:.1f} {unit}"
        ratio = f"{new / old:.2f}" if old else ""
        lines.append(f"| {name} | {new:.1f} {unit} | {before} | {ratio} |")
    return "\n".join(lines) + "\n"
