"""Kernel settings of the machine that a cluster needs: what they were is kept, and put back by the last `down`."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from localcloud.instance import RUN
from localcloud.machine.locks import exclusive

ROOT = Path("/proc/sys")
SAVED = RUN / "sysctls.json"  # of the machine: several instances change the same setting


def set_and_save(name: str, value: str) -> None:
    """Set `name` (as in `net/ipv4/ip_forward`) and keep its first value, unless it is set already.

    Raises:
        OSError: the kernel refuses, as in a container without the right.
    """
    file = ROOT / name
    with exclusive(SAVED.with_suffix(".lock")):
        before = file.read_text().strip()
        if before == value:
            return
        saved = _read_saved()
        saved.setdefault(name, [before, value])
        SAVED.write_text(json.dumps(saved))  # first, so that a change is never without its record
        file.write_text(value)


def raise_to(name: str, value: int) -> None:
    """Set `name` to at least `value`, and keep its first value. Where the kernel refuses, it may do as it is."""
    with contextlib.suppress(OSError):
        if int((ROOT / name).read_text()) < value:
            set_and_save(name, str(value))


def restore() -> None:
    """Put back what still has the value that we gave it. Only once no instance is up."""
    if not SAVED.exists():
        return
    with exclusive(SAVED.with_suffix(".lock")):
        for name, (before, ours) in _read_saved().items():
            file = ROOT / name
            if file.read_text().strip() == ours:
                file.write_text(before)
        SAVED.unlink(missing_ok=True)


def _read_saved() -> dict[str, list[str]]:
    try:
        found: dict[str, list[str]] = json.loads(SAVED.read_text())
    except (OSError, ValueError):
        return {}
    return found
