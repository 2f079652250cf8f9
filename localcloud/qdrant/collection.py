"""One collection: a shard of the engine in a folder, and whoever may call it."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from qdrant_edge import EdgeShard, UpdateOperation

from .replies import QdrantError, wrong
from .settings import Settings

SHARD = "shard"
SETTINGS = "collection.json"
# How the engine begins what is the caller's mistake; it raises plain `Exception` for everything.
MISTAKES = ("Vector dimension error", "Not existing vector name error", "Wrong usage of", "No range index")
T = TypeVar("T")


class Collection:
    """A collection that is open.

    The wheel keeps Python's interpreter lock through every call, so that calls never overlap, whatever the thread,
    and nothing else runs meanwhile. This does not rest on that: a lock of its own makes a write and its flush one,
    and keeps everyone out after the end.
    """

    def __init__(self, folder: Path) -> None:
        """Open what is in a folder, and apply what its write-ahead log still holds.

        Raises:
            OSError, ValueError: the settings cannot be read.
            Exception: the engine cannot open the shard.
        """
        self.folder = folder
        self.settings = Settings(json.loads((folder / SETTINGS).read_text("utf-8")))
        self._lock = threading.Lock()
        self._open = True
        self._shard = EdgeShard.load(str(folder / SHARD))

    @staticmethod
    def make(folder: Path, settings: Settings) -> None:
        """Write an empty collection into a new folder, and all of it to disk."""
        folder.mkdir(parents=True)
        shard = EdgeShard.create(str(folder / SHARD), settings.engine())
        shard.flush()
        shard.close()
        with (folder / SETTINGS).open("w", encoding="utf-8") as file:
            json.dump(settings.asked, file)
            file.flush()
            os.fsync(file.fileno())
        synced(folder)

    def read(self, call: Callable[[EdgeShard], T]) -> T:
        """What a call of the engine returns.

        Raises:
            QdrantError: 400 for the caller's mistake, 404 after the end, 500 when the engine fails.
        """
        with self._lock:
            return self._called(call)

    def write(
        self, operation: UpdateOperation, *, wait: bool, first: Callable[[EdgeShard], None] | None = None
    ) -> dict[str, Any]:
        """Apply an operation; what the API tells of it.

        Args:
            wait: have it on disk before this returns. Without, a crash of this process loses nothing, and one of the
                machine may: the engine leaves its log to the kernel until it is flushed.
            first: looks at the shard just before, and raises QdrantError to call it off.

        Raises:
            QdrantError: as `read` does; after a 500 the operation may have been applied in part.
        """

        def call(shard: EdgeShard) -> None:
            if first is not None:
                first(shard)
            shard.update(operation)
            if wait:
                shard.flush()

        with self._lock:
            self._called(call)
        return {"status": "completed" if wait else "acknowledged"}

    def close(self) -> None:
        """Write everything to disk and let go of the folder; done twice, it does nothing."""
        with self._lock:
            if self._open:
                self._open = False
                self._shard.flush()
                self._shard.close()

    def _called(self, call: Callable[[EdgeShard], T]) -> T:
        if not self._open:
            raise missing(self.folder.name)
        try:
            return call(self._shard)
        except QdrantError:
            raise
        except Exception as error:
            message = str(error)
            if message.startswith(MISTAKES):
                raise wrong(message) from None
            logging.getLogger(__name__).exception("the engine failed")
            raise QdrantError(500, f"Service internal error: {message}") from error


def missing(name: str) -> QdrantError:
    return QdrantError(404, f"Not found: Collection `{name}` doesn't exist!")


def synced(folder: Path) -> None:
    """Have a folder's list of names on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
