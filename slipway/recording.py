"""`make up 2>&1 | python -m slipway.recording FILE`: write what `make up` printed into a Markdown page.

The page has the block between the two comments START and END.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

START = "<!-- recording: `make recording` writes this block -->"
END = "<!-- end of the recording -->"
PROGRESS = "…"  # a line of a step that runs: on a terminal the next one takes its place
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def record(page: str, output: str) -> str:
    """The page with the output of `make up` in its block.

    Raises:
        ValueError: the page has no such block, or the output is not that of a release that went live.
    """
    lines = [COLOUR.sub("", line).rstrip() for line in output.splitlines()]
    lines = [line for line in lines if line and not line.startswith(PROGRESS)]
    if not any(line.endswith("is live:") for line in lines):
        raise ValueError("the output has no line 'release … is live:': `make up` did not succeed")
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"the page lacks the block to write: {START} … {END}")
    block = "\n".join(["```console", "$ make up", *lines, "```"])
    return f"{before}{START}\n{block}\n{END}{after}"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    sys.stdout.writelines(printed := list(sys.stdin))
    file.write_text(record(file.read_text(encoding="utf-8"), "".join(printed)), encoding="utf-8")
