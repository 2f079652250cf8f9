"""Results for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from perf.pair import Result

HEADINGS = ("", "against", "wall s", "ratio", "goal", "", "CPU s", "ratio")


def as_table(results: Sequence[Result]) -> str:
    """Columns of text: both figures of each pair, their ratio, and whether the goal is met."""
    rows = [HEADINGS, *map(_row, results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def as_json(results: Sequence[Result], load: tuple[float, float]) -> str:
    """The same with the machine's load average, over one minute, before and after."""
    return json.dumps({"load": load, "pairs": [_entry(result) for result in results]}, indent=1)


def _row(result: Result) -> tuple[str, ...]:
    return (
        result.name,
        result.reference_name,
        f"{result.measured.wall:.1f} / {result.reference.wall:.1f}",
        f"{result.wall_ratio:.2f}",
        f"< {result.goal:.2f}",
        "met" if result.is_met else "not met",
        f"{result.measured.cpu:.1f} / {result.reference.cpu:.1f}",
        f"{result.cpu_ratio:.2f}",
    )


def _entry(result: Result) -> dict[str, object]:
    return {
        "name": result.name,
        "against": result.reference_name,
        "runs": result.runs,
        "wall": {"seconds": result.measured.wall, "against": result.reference.wall, "ratio": result.wall_ratio},
        "cpu": {"seconds": result.measured.cpu, "against": result.reference.cpu, "ratio": result.cpu_ratio},
        "goal": result.goal,
        "met": result.is_met,
    }
