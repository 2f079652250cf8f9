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
    path = Path(file)
    room = LONGEST_BYTES - (path.stat().st_size if path.exists() else 0)
    content = text.encode(errors="backslashreplace")
    if len(content) > room:
        cut = "\n\n… the rest is in the log of the step\n"
        print(text)
        content = content[: max(0, room - len(cut.encode()))] + cut.encode()
    with path.open("ab") as summary:
        summary.write(content.decode(errors="ignore").encode() + b"\n")


def disarm(line: str) -> str:
    """A line of another program's log that is no workflow command: a runner obeys `::…::` and `##[…]` in any log."""
    if not os.environ.get("GITHUB_ACTIONS"):
        return line
    return line.replace("::", ":\N{ZERO WIDTH SPACE}:").replace("##[", "#\N{ZERO WIDTH SPACE}#[")


def output(name: str, value: str) -> None:
    """Set an output of the step.

    Raises:
        ValueError: the value has more than one line, and could set other outputs.
    """
    if len(value.splitlines()) > 1 or value.endswith(("\n", "\r")):
        raise ValueError(f"output {name} has more than one line")
    if file := os.environ.get("GITHUB_OUTPUT"):
        with Path(file).open("a") as outputs:
            outputs.write(f"{name}={value}\n")
