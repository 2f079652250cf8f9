"""What a job wrote, as people read it: the lines before its error, without colours and secrets."""

from __future__ import annotations

import re

from delivery.github import markdown
from delivery.github.client import GitHubRepository
from delivery.github.errors import RateLimitError
from delivery.outcome import DeliveryError
from delivery.redaction import redacted

LAST_LINES = 40
READ_LINES = 5_000  # the error is among the last; a log may have a million
NOISE = ("##[group]", "##[endgroup]", "[command]")
TIME = re.compile(r"^\ufeff?[\dT:.-]+Z ?")  # GitHub begins each line with the time


def read_log(repository: GitHubRepository, job: int) -> list[str]:
    """The last lines of a job up to its last error; one line that says so where there is no log."""
    call = repository.rest.actions.download_job_logs_for_workflow_run
    try:
        text = str(repository.send(call, repository.owner, repository.name, job).text)
    except RateLimitError:
        raise
    except DeliveryError:  # a job that never started has none, and old ones are removed
        return ["(no log)"]
    lines = [TIME.sub("", line) for line in text.splitlines()[-READ_LINES:]]
    # Before lines are chosen: a secret of several lines is recognised by its first.
    lines = redacted(markdown.strip_codes("\n".join(lines))).split("\n")
    lines = [line for line in lines if line.strip() and not line.startswith(NOISE)]
    # After the failing command come the clean-up's lines: the error is what a reader looks for.
    errors = [number for number, line in enumerate(lines) if line.startswith("##[error]")]
    end = errors[-1] + 1 if errors else len(lines)
    return lines[max(0, end - LAST_LINES) : end] or ["(no log)"]
