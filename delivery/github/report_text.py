"""What the issues and comments about a run say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from delivery.github.answers import PullRequest
from delivery.github.ci_run import CiRun, FailedJob
from delivery.github.markdown import Section, code, escape, fit, link

ORDER = re.compile(r"<!-- slipway-run:(\d{1,18})\.(\d{1,9}) -->")
HIDDEN_LINES = 3  # of an issue, where the run that it speaks of is found


def read_order(body: str) -> tuple[int, int] | None:
    """The `order` of the run that an issue speaks of; None where it does not say."""
    for line in body.splitlines()[:HIDDEN_LINES]:
        if match := ORDER.fullmatch(line):
            return int(match[1]), int(match[2])
    return None


def describe_issue(run: CiRun, job: FailedJob) -> str:
    """The body of the issue about a job of a branch."""
    author = f"@{run.author}" if run.has_login else escape(run.author)
    head = (
        f"{_order(run)}\n{code(job.name)} fails on {code(run.branch)} at {run.sha} by {author}: "
        f"{link('run', run.url)}.\n"
        f"\nThis issue is kept up to date, and closed when the job passes on {code(run.branch)}.\n"
    )
    return fit(head, [_section(job)], link("the run", run.url))


def describe_pull_request_issue(run: CiRun, pull: PullRequest) -> str:
    """The body of the issue about a pull request."""
    head = (
        f"{_order(run)}\n{code(run.workflow)} fails on pull request #{pull.number} at {run.sha}: "
        f"{link('run', run.url)}.\n"
        "\nThis issue is kept up to date, and closed when the pull request passes, or is merged or closed.\n"
    )
    return fit(head, _sections(run), link("the run", run.url))


def describe_pull_request(run: CiRun, issue: str | None) -> str:
    """The text of the comment on a pull request.

    Args:
        issue: URL of the issue about it.
    """
    name = "CI" if run.workflow == "ci" else code(run.workflow)
    at = f"{code(run.sha[:12])}"
    if run.is_green:
        return f"### {name} passed\n\nNothing fails any more at {at}: {link('run', run.url)}."
    count = f"{len(run.failed)} job" + ("s" if len(run.failed) > 1 else "")
    followed = f" · {link('issue', issue)}" if issue else ""
    head = f"### {name}: {count} failed at {at}\n\n{link('Run', run.url)}{followed}\n"
    return fit(head, _sections(run), link("the run", run.url))


def _order(run: CiRun) -> str:
    return f"<!-- slipway-run:{run.order[0]}.{run.order[1]} -->"


def _sections(run: CiRun) -> Sequence[Section]:
    return [_section(job) for job in run.failed]


def _section(job: FailedJob) -> Section:
    error = next((line for line in reversed(job.log) if line.startswith("##[error]")), "")
    said = f": {code(error.removeprefix('##[error]')[:300])}" if error else ""
    head = f"**{link(escape(job.name[:200]), job.url)}**, step *{escape(job.step[:200])}*{said}\n"
    return Section(head, job.log, "text", newest=True)
