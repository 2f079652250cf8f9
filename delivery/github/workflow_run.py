"""The workflow run this process is part of, if it is: its summary, its outputs, its address."""

from __future__ import annotations

import os
from pathlib import Path

from delivery.redaction import redacted

LONGEST_BYTES = 1_000_000  # of a step's summary: GitHub drops one of more than 1 MiB, whole


def url() -> str | None:
    """Where to watch it; None outside of GitHub Actions."""
    server, slug, run = (os.environ.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return f"{server}/{slug}/actions/runs/{run}" if server and slug and run else None


def run_id() -> int | None:
    text = os.environ.get("GITHUB_RUN_ID", "")
    return int(text) if text.isdigit() else None


def summarize(text: str) -> None:
    """Add Markdown to the run's summary; print it where there is none."""
    text = redacted(text)
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        print(text)
        return
    content = text.encode()[:LONGEST_BYTES].decode(errors="ignore")
    with Path(file).open("a") as summary:
        summary.write(content + "\n")


def output(name: str, value: str) -> None:
    """Set an output of the step.

    Raises:
        ValueError: the value has more than one line, and could set other outputs.
    """
    if "\n" in value or "\r" in value:
        raise ValueError(f"output {name} has more than one line")
    if file := os.environ.get("GITHUB_OUTPUT"):
        with Path(file).open("a") as outputs:
            outputs.write(f"{name}={value}\n")
