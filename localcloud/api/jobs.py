"""What runs after the API has answered: one job for each resource that a real service must be made to match.

A job is kept in the store until its work is done, so a restart of the emulator takes it up again; as every service is
declarative, work that was half done is simply repeated.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from localcloud.api.backends import BackendError
from localcloud.api.store import Store

KIND = "job"
LOG = logging.getLogger(__name__)


class Jobs:
    """Jobs by kind and id of their resource; those of one resource run one after the other.

    Args:
        settle_seconds: how long a resource stays in its transitional state at the least, as clients poll it.
    """

    def __init__(self, store: Store, settle_seconds: float) -> None:
        self._store = store
        self._settle_seconds = settle_seconds
        self._works: dict[str, Callable[[str], None]] = {}
        self._failures: dict[str, Callable[[str, str], None]] = {}
        self._busy: set[str] = set()
        self._changed = threading.Condition()
        self._stopped = threading.Event()

    def register(self, kind: str, work: Callable[[str], None], failed: Callable[[str, str], None]) -> None:
        """Say how a kind's jobs are done.

        Args:
            work: makes the service match the resource of that id; raises BackendError.
            failed: notes the reason on the resource of that id.
        """
        self._works[kind] = work
        self._failures[kind] = failed

    def resume(self) -> None:
        """Take up what an earlier process left unfinished."""
        for job in self._store.all(KIND):
            self._run(job["kind"], job["id"])

    def request(self, kind: str, identity: str, *, at_once: bool = False) -> None:
        """Have a resource's service made to match, in the background.

        Args:
            at_once: without the pause in its transitional state.
        """
        with self._store.lock():
            held = self._store.get(KIND, f"{kind}/{identity}")
            number = 1 + (held["number"] if held else 0)
            job = {"kind": kind, "id": identity, "number": number, "at_once": at_once}
            self._store.put(KIND, f"{kind}/{identity}", job)
        self._run(kind, identity)

    def wait(self, kind: str, identity: str, seconds: float) -> bool:
        """Wait until nothing of a resource is left to do; whether that was so in time."""
        return self._wait_until(lambda: self._store.get(KIND, f"{kind}/{identity}") is None, seconds)

    def wait_for_all(self, seconds: float) -> bool:
        """Wait until nothing at all is left to do."""
        return self._wait_until(lambda: not self._store.all(KIND), seconds)

    def close(self) -> None:
        """End; what is unfinished waits for the next start."""
        self._stopped.set()
        self._wait_until(lambda: not self._busy, 10)

    def _wait_until(self, done: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        with self._changed:
            while not done():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 0.5))
        return True

    def _run(self, kind: str, identity: str) -> None:
        key = f"{kind}/{identity}"
        with self._changed:
            if key in self._busy or self._stopped.is_set():
                return  # the running one sees the higher number and goes round again
            self._busy.add(key)
        threading.Thread(target=self._work, args=(kind, identity), name=key, daemon=True).start()

    def _work(self, kind: str, identity: str) -> None:
        key = f"{kind}/{identity}"
        while True:
            job = self._store.get(KIND, key)
            if job is not None and not job["at_once"]:
                self._stopped.wait(self._settle_seconds)
            if job is not None and not self._stopped.is_set():
                self._attempt(kind, identity)
            with self._changed, self._store.lock():
                held = self._store.get(KIND, key)
                if held is None or held == job or self._stopped.is_set():
                    if held == job and not self._stopped.is_set():
                        self._store.remove(KIND, key)
                    self._busy.discard(key)
                    self._changed.notify_all()
                    return

    def _attempt(self, kind: str, identity: str) -> None:
        try:
            self._works[kind](identity)
        except BackendError as error:
            LOG.warning("%s %s: %s", kind, identity, error)
            self._failures[kind](identity, str(error))
        except Exception as error:
            LOG.exception("%s %s", kind, identity)
            self._failures[kind](identity, f"{type(error).__name__}: {error}")
