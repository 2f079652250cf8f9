"""A credential of a stack's cluster for as long as a page is served: each reading would ask for one of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from delivery.cluster import StackCluster
from delivery.outcome import DeliveryError
from operations.cluster import open_cluster

SECONDS = 3600
RENEWAL_SECONDS = 3000.0  # before it ends, so that no reading is cut short


class ClusterCredential:
    """One credential, asked for anew when it is about to end, and after the cluster did not answer to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cluster: StackCluster | None = None
        self._renewal = 0.0

    @contextmanager
    def open(self, stack: str, checkout: Path) -> Iterator[StackCluster]:
        """Yield the cluster of a stack, with connections of its own.

        Raises:
            DeliveryError: as for `open_cluster`.
        """
        held = self._find(stack, checkout)
        try:
            with replace(held) as cluster:
                yield cluster
        except DeliveryError:
            with self._lock:
                if self._cluster is held:
                    self._cluster = None
            raise

    def _find(self, stack: str, checkout: Path) -> StackCluster:
        with self._lock:
            if self._cluster is None or time.monotonic() > self._renewal:
                self._cluster = open_cluster(stack, checkout, seconds=SECONDS)
                self._renewal = time.monotonic() + RENEWAL_SECONDS
            return self._cluster
