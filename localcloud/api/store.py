"""What the API holds: JSON documents by kind and id, in SQLite, so that a restart loses nothing."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class Store:
    """Documents in a file; every call is one transaction, and calls of several threads take turns."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS documents (number INTEGER PRIMARY KEY AUTOINCREMENT, "
            "kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, id))"
        )

    def put(self, kind: str, identity: str, body: Document) -> Document:
        """Keep a document under its id, in place of what was there; it keeps its place in the order."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?) "
                "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                (kind, identity, json.dumps(body)),
            )
        return body

    def get(self, kind: str, identity: str) -> Document | None:
        with self._lock:
            row = self._connection.execute(
                "SELECT body FROM documents WHERE kind = ? AND id = ?", (kind, identity)
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def all(self, kind: str) -> list[Document]:
        """Every document of a kind, oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT body FROM documents WHERE kind = ? ORDER BY number", (kind,)
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def remove(self, kind: str, identity: str) -> bool:
        with self._lock:
            done = self._connection.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, identity))
        return done.rowcount > 0

    def next_number(self, kind: str) -> int:
        """A whole number that was never given out before for this kind."""
        with self._lock:
            held = self.get("counter", kind) or {"last": 0}
            held["last"] += 1
            self.put("counter", kind, held)
        return int(held["last"])

    def lock(self) -> threading.RLock:
        """For a look and a write that nobody may come between: `with store.lock():`."""
        return self._lock

    def close(self) -> None:
        with self._lock:
            self._connection.close()
