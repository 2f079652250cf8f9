"""What a scan found in an image."""

from __future__ import annotations

from pathlib import Path

from delivery.github import workflow_run
from delivery.images import image_scan
from delivery.outcome import Report, Status


def judge_scan(scan: Path) -> Report:
    """Print what stops the change, and summarise the rest; status 1 when something does."""
    found = image_scan.findings(scan)
    blocking = [entry for entry in found if entry.blocking]
    workflow_run.summarize(
        f"### Image: {len(blocking)} to fix, {len(found)} known\n\n" + "\n".join(f"- {entry}" for entry in found)
    )
    for entry in blocking:
        print(entry)
    facts = {"blocking": [str(entry) for entry in blocking], "known": [str(entry) for entry in found]}
    return Report(Status.FAILED if blocking else Status.OK, facts)
