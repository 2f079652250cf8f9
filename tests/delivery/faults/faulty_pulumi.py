"""What is on PATH as `pulumi` where its backend does not answer as it should: the fake Pulumi, and one fault.

The real CLI's file backend is not asked by a network, so there is nothing to put a proxy before.
"""

import contextlib
import io
import json
import os
import runpy
import signal
import sys
import time
from pathlib import Path

plan_file = Path(os.environ["FAULTY_PULUMI"])
plan = json.loads(plan_file.read_text())
plan["count"] += 1
due = plan["kind"] and (plan["count"] == plan["at"] or (plan["lasting"] and plan["count"] > plan["at"]))
plan["met"] += bool(due)
plan_file.write_text(json.dumps(plan))
kind = plan["kind"] if due else None


def run():
    """The fake Pulumi; returns its status and what it printed."""
    printed = io.StringIO()
    status = 0
    with contextlib.redirect_stdout(printed):
        try:
            runpy.run_path(plan["fake"], run_name="__main__")
        except SystemExit as end:
            status = end.code or 0
    return status, printed.getvalue()


if kind == "drop before":
    sys.exit("error: could not read the state: connection reset by peer")
if kind == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if kind == "delay":
    time.sleep(0.2)
status, text = run()
if kind == "repeat":
    status, text = run()
if kind == "drop after":
    sys.exit("error: could not save the state: connection reset by peer")
changed = {"truncate": text[: len(text) // 2], "null": "null\n", "words before": f"warning: an old CLI\n{text}"}
sys.stdout.write(changed.get(kind, text))
sys.exit(status)
