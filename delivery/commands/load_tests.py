"""The command that compares load tests."""

from __future__ import annotations

from pathlib import Path

from delivery import performance
from delivery.github import artifacts, workflow_run
from delivery.github.branches import read_branches
from delivery.github.client import GitHubRepository
from delivery.outcome import Report, Status
from delivery.performance import LoadTest

FOLDER = Path("baseline")


def compare(
    file: Path, *, baseline_file: Path | None, baseline_artifact: str | None, repository: str | None, accept: bool
) -> Report:
    """Print what is worse than it may be, and set the output `baseline`; status 1 when something is.

    Args:
        baseline_file: a summary of a good run; one that is not there is none.
        baseline_artifact: whose newest one, of a protected branch, has that summary under the same name.
        accept: whether this run may be the next baseline although it is slower.
    """
    now = LoadTest.read(file)
    if baseline_artifact:
        baseline_file = FOLDER / file.name
        artifacts.newest(
            GitHubRepository.from_environment(repository), baseline_artifact, FOLDER, read_branches().names
        )
    found = LoadTest.read(baseline_file) if baseline_file and baseline_file.exists() else None
    baseline = found if found and found.is_sound else None
    if found and not baseline:
        print("the baseline measured nothing or failures, and is left out")
    problems = performance.find_problems(now, baseline)
    is_baseline = performance.may_be_baseline(now, baseline, accept=accept)
    notes = [f"- {line}" for line in problems]
    if problems and is_baseline:
        notes.append("- accepted: the next run is compared with this one")
    workflow_run.summarize("### Load test\n\n" + performance.table(now, baseline) + "\n" + "\n".join(notes))
    workflow_run.output("baseline", str(is_baseline).lower())
    for problem in problems:
        print(problem)
    failed = problems and not (accept and is_baseline)
    return Report(Status.FAILED if failed else Status.OK, {"problems": problems, "baseline": is_baseline})
