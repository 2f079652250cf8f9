"""Known vulnerabilities of what is locked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from delivery import dependency_audit
from delivery.github import workflow_run
from delivery.outcome import Report, Status


def audit(projects: Sequence[Path], osv_url: str | None) -> Report:
    """Print every vulnerability; status 1 when one at run time has a fix."""
    found = [entry for project in projects for entry in dependency_audit.audit(project, osv_url)]
    blocking = [entry for entry in found if entry.blocking]
    lines = [f"- **{entry}**" for entry in blocking] + [f"- {entry}" for entry in found if not entry.blocking]
    workflow_run.summarize(f"### Dependencies: {len(blocking)} to fix, {len(found)} known\n\n" + "\n".join(lines))
    for entry in blocking:
        print(entry)
    facts = {"blocking": [str(entry) for entry in blocking], "known": [str(entry) for entry in found]}
    return Report(Status.FAILED if blocking else Status.OK, facts)
