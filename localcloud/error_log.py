"""Errors with their tracebacks, in a file: the terminal shows only what they say."""

from __future__ import annotations

import datetime as dt
import traceback
from pathlib import Path

from localcloud.instance import Instance
from localcloud.machine.command import open_log


def record_error(instance: Instance, error: BaseException) -> Path | None:
    """Append the traceback of `error`, and of what caused it, to the instance's error log.

    Returns:
        The log; None if the instance has no files, or they are not ours to write to.
    """
    file = instance.log("errors")
    if not file.parent.is_dir() or file.parent == Path("/dev"):
        return None
    try:
        with open_log(file) as out:
            out.write(f"--- {dt.datetime.now(dt.UTC).isoformat(timespec='seconds')}\n")
            out.writelines(traceback.format_exception(error))
    except OSError:
        return None
    return file
