"""A load test compared with the last one."""

from __future__ import annotations

from pathlib import Path

from delivery import performance
from delivery.github import artifacts, workflow_run
from delivery.github.client import GitHubRepository
from delivery.outcome import Report, Status


def compare_load(file: Path, *, last_file: Path | None, last_artifact: str | None, repository: str | None) -> Report:
    """Print both runs; status 1 when this one is worse than it may be."""
    now = performance.Measured.read(file)
    if last_artifact:
        last_file = Path("last") / file.name
        artifacts.newest(GitHubRepository.from_environment(repository), last_artifact, last_file.parent)
    last = performance.Measured.read(last_file) if last_file and last_file.exists() else None
    problems = performance.find_problems(now, last)
    workflow_run.summarize(
        "### Load test\n\n" + performance.table(now, last) + "\n".join(f"- {line}" for line in problems)
    )
    for problem in problems:
        print(problem)
    return Report(Status.FAILED if problems else Status.OK, {"problems": problems})
