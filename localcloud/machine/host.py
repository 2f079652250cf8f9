"""The machine itself: whether a node can run here at all."""

from __future__ import annotations

import os
import sys

WORKS_EVERYWHERE = "`make preview` and `make test` work here, too"


def problem() -> str | None:
    """Why no node can run here, and what works nevertheless, in one sentence; None where one can."""
    if sys.platform != "linux":
        name = {"darwin": "macOS"}.get(sys.platform, sys.platform)
        return f"this is {name}, and a node needs Linux: use a virtual machine; {WORKS_EVERYWHERE}"
    if os.geteuid() != 0:
        return f"a node mounts, routes and makes control groups, so this needs root: use `sudo`; {WORKS_EVERYWHERE}"
    return None
