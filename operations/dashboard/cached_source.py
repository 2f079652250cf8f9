"""Where a page has its data from: read at most once in some seconds, and never waited for too long."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from delivery.outcome import DeliveryError
from delivery.redaction import redacted

Value = TypeVar("Value")
READERS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="source")


@dataclass(frozen=True)
class Reading(Generic[Value]):
    """What a source answered.

    Attributes:
        value: None where it has not answered yet, or there was a problem.
        problem: why there is no value, as a sentence.
        is_pending: whether the source is being asked; what is here is the answer before, if there was one.
    """

    value: Value | None = None
    problem: str | None = None
    is_pending: bool = False


class CachedSource(Generic[Value]):
    """A source that many pages ask.

    Args:
        read: asks it.
        seconds: how long an answer counts. However many pages ask, it is asked once in that time.
    """

    def __init__(self, read: Callable[[], Value], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._lock = threading.Lock()
        self._running: Future[Reading[Value]] | None = None
        self._ended = 0.0
        self.last: Reading[Value] = Reading()

    def start(self) -> Future[Reading[Value]]:
        """Return the reading that counts now, which may still be on its way."""
        with self._lock:
            running = self._running
            if running is None or (running.done() and time.monotonic() - self._ended > self._seconds):
                running = self._running = READERS.submit(self._keep)
            return running

    def _keep(self) -> Reading[Value]:
        self.last = self._try()
        self._ended = time.monotonic()
        return self.last

    def _try(self) -> Reading[Value]:
        try:
            return Reading(self._read())
        except DeliveryError as error:
            return Reading(problem=redacted(str(error)))
        except Exception as error:  # noqa: BLE001 - the rest of the page is shown all the same
            print(redacted("".join(traceback.format_exception(error))), file=sys.stderr)
            return Reading(problem=redacted(f"{type(error).__name__}: {error}"))


def read_sources(sources: Mapping[str, CachedSource[Any]], seconds: float) -> dict[str, Reading[Any]]:
    """Return each reading; of sources that take longer than this, the one before.

    Args:
        seconds: to wait for all of them together.
    """
    futures = {name: source.start() for name, source in sources.items()}
    wait(futures.values(), timeout=seconds)
    return {
        name: future.result() if future.done() else replace(sources[name].last, is_pending=True)
        for name, future in futures.items()
    }
