"""Every collection, in folders below one folder."""

from __future__ import annotations

import fcntl
import shutil
import threading
import uuid
from pathlib import Path
from typing import TextIO

from .collection import Collection, missing, synced
from .replies import QdrantError, wrong
from .settings import Settings

FORBIDDEN = frozenset('<>:"/\\|?*\0\u001f')  # in a collection's name, as in Qdrant
LONGEST_NAME = 255  # bytes; a folder's name is no longer


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
            raise missing(name)
        return found

    def create(self, name: str, settings: Settings) -> bool:
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
                raise QdrantError(409, wrong(f"Collection `{name}` already exists!").message)
            making, made = self._unfinished / uuid.uuid4().hex, self._finished / name
            try:
                Collection.make(making, settings)
            except BaseException:
                shutil.rmtree(making, ignore_errors=True)
                raise
            making.rename(made)
            synced(self._finished)
            self._collections[name] = Collection(made)
        return True

    def remove(self, name: str) -> bool:
        """Delete a collection; False when there is none of that name."""
        with self._lock:
            found = self._collections.pop(name, None)
            if found is None:
                return False
            found.close()
            gone = self._unfinished / uuid.uuid4().hex
            found.folder.rename(gone)
            synced(self._finished)
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
