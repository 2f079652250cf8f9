"""Collections on disk: each a shard of the engine in a folder, all of them below one folder."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TextIO, TypeVar

from qdrant_edge import Distance, EdgeConfig, EdgeShard, EdgeVectorParams, UpdateOperation

from .bodies import CreateCollection

FORBIDDEN = frozenset('<>:"/\\|?*\0\u001f')  # in a collection's name, as in Qdrant
LONGEST_NAME = 255  # bytes; a folder's name is no longer
SHARD = "shard"
SETTINGS = "collection.json"
T = TypeVar("T")


class QdrantError(Exception):
    """An answer that is not a success, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


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
        self.settings = CreateCollection.model_validate_json((folder / SETTINGS).read_bytes())
        self._lock = threading.Lock()
        self._open = True
        self._shard = EdgeShard.load(str(folder / SHARD))

    @staticmethod
    def make(folder: Path, settings: CreateCollection) -> None:
        """Write an empty collection into a new folder, and all of it to disk."""
        folder.mkdir(parents=True)
        vector = EdgeVectorParams(size=settings.vectors.size, distance=Distance.Cosine)
        shard = EdgeShard.create(str(folder / SHARD), EdgeConfig(vectors=vector))
        shard.flush()
        shard.close()
        with (folder / SETTINGS).open("w", encoding="utf-8") as file:
            file.write(settings.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        _sync(folder)

    def check_dimensions(self, vector: list[float]) -> list[float]:
        """The vector, when it has the collection's number of dimensions.

        Raises:
            QdrantError: 400.
        """
        size = self.settings.vectors.size
        if len(vector) != size:
            message = f"Wrong input: Vector dimension error: expected dim: {size}, got {len(vector)}"
            raise QdrantError(400, message)
        return vector

    def call(self, work: Callable[[EdgeShard], T]) -> T:
        """What the work returns, alone with the engine.

        Raises:
            QdrantError: 404 after the end, 500 when the engine fails.
        """
        with self._lock:
            if not self._open:
                raise _missing(self.folder.name)
            try:
                return work(self._shard)
            except Exception as error:
                logging.getLogger(__name__).exception("the engine failed")
                raise QdrantError(500, f"Service internal error: {error}") from error

    def write(self, operation: UpdateOperation, *, wait: bool) -> dict[str, str]:
        """Apply an operation; what the API tells of it.

        Args:
            wait: have it on disk before this returns. Without, a crash of this process loses nothing, and one of the
                machine may: the engine leaves its log to the kernel until it is flushed.

        Raises:
            QdrantError: as `call` does; after a 500 the operation may have been applied in part.
        """

        def work(shard: EdgeShard) -> None:
            shard.update(operation)
            if wait:
                shard.flush()

        self.call(work)
        return {"status": "completed" if wait else "acknowledged"}

    def close(self) -> None:
        """Write everything to disk and let go of the folder; done twice, it does nothing."""
        with self._lock:
            if self._open:
                self._open = False
                self._shard.flush()
                self._shard.close()


class Store:
    """The collections of one server.

    A collection comes and goes by one rename: it is made in `unfinished`, and goes back there to be deleted. What a
    crash leaves in that folder is removed by the next start.
    """

    def __init__(self, root: Path) -> None:
        """Open every collection.

        Raises:
            OSError: the folder cannot be written, or another server is on it.
            Exception: a collection cannot be opened.
        """
        self._finished, self._unfinished = root / "collections", root / "unfinished"
        self._finished.mkdir(parents=True, exist_ok=True)
        self._alone = (root / "lock").open("w")
        self._lock = threading.Lock()
        self._collections: dict[str, Collection] = {}
        try:
            _alone(self._alone, root)
            shutil.rmtree(self._unfinished, ignore_errors=True)
            self._unfinished.mkdir()
            for folder in sorted(self._finished.iterdir()):
                self._collections[folder.name] = Collection(folder)
        except BaseException:
            self.close()
            raise

    def names(self) -> list[str]:
        with self._lock:
            return sorted(self._collections)

    def get(self, name: str) -> Collection:
        """The collection of that name.

        Raises:
            QdrantError: 404.
        """
        with self._lock:
            found = self._collections.get(name)
        if found is None:
            raise _missing(name)
        return found

    def create(self, name: str, settings: CreateCollection) -> None:
        """Make a collection; when this returns, it is on disk.

        Raises:
            QdrantError: 422 for a name that cannot be, 409 when it is taken.
        """
        if set(name) & FORBIDDEN or name.startswith(".") or len(name.encode()) > LONGEST_NAME:
            raise QdrantError(
                422, f"Validation error: collection name {name!r} is too long or has a forbidden character"
            )
        with self._lock:
            if name in self._collections:
                raise QdrantError(409, f"Wrong input: Collection `{name}` already exists!")
            making, made = self._unfinished / uuid.uuid4().hex, self._finished / name
            try:
                Collection.make(making, settings)
            except BaseException:
                shutil.rmtree(making, ignore_errors=True)
                raise
            making.rename(made)
            _sync(self._finished)
            self._collections[name] = Collection(made)

    def remove(self, name: str) -> bool:
        """Delete a collection; False when there is none of that name."""
        with self._lock:
            found = self._collections.pop(name, None)
            if found is None:
                return False
            found.close()
            gone = self._unfinished / uuid.uuid4().hex
            found.folder.rename(gone)
            _sync(self._finished)
        shutil.rmtree(gone, ignore_errors=True)
        return True

    def close(self) -> None:
        """Write everything to disk and let go of the folder."""
        with self._lock:
            for collection in self._collections.values():
                collection.close()
            self._collections.clear()
            self._alone.close()


def _alone(file: TextIO, root: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError(f"another server is on {root}") from None


def _missing(name: str) -> QdrantError:
    return QdrantError(404, f"Not found: Collection `{name}` doesn't exist!")


def _sync(folder: Path) -> None:
    """Have a folder's list of names on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
