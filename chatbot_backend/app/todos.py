"""The todos, as the backend serves them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from app.backend import Backend, BackendRefusedError, BackendUnavailableError

PAGE = 100  # the most the backend gives at once


class Todo(BaseModel):
    id: uuid.UUID
    title: str
    description: str
    completed: bool
    due_at: dt.datetime | None
    updated_at: dt.datetime


@dataclass(frozen=True)
class Cursor:
    """How far the todos have been read, in the order of their changes.

    Attributes:
        moment: when the last one was changed.
        identity: which one that was; None: none of that moment yet.
        place: how many of the same moment come before it.
    """

    moment: dt.datetime
    identity: uuid.UUID | None = None
    place: int = 0


class Todos:
    """The todos of one user, read and changed with a session of theirs.

    Every method raises BackendUnavailableError, BackendRefusedError and NotSignedInError.
    """

    def __init__(self, backend: Backend, token: str) -> None:
        self._backend = backend
        self._token = token

    async def add(self, key: str, /, **new: Any) -> Todo:
        """A new todo; `new` as the backend's POST has it.

        Args:
            key: of this addition, by which the backend may know that it is asked for it again.
        """
        headers = {"Idempotency-Key": key}
        return await self._one("POST", "/todos", json=_serialize(new), headers=headers)

    async def change(self, identity: uuid.UUID, **changes: Any) -> Todo:
        """One todo with these changes, as the backend's PATCH has them."""
        return await self._one("PATCH", f"/todos/{identity}", json=_serialize(changes))

    async def remove(self, identity: uuid.UUID) -> None:
        await self._ask("DELETE", f"/todos/{identity}")

    async def get(self, identity: uuid.UUID) -> Todo | None:
        """One todo; None when there is none any more."""
        try:
            return await self._one("GET", f"/todos/{identity}")
        except BackendRefusedError as error:
            if error.is_missing:
                return None
            raise

    async def page(self, **wanted: Any) -> tuple[list[Todo], int]:
        """The first todos of a listing, and how many there are in all; `wanted` as the backend's query has it."""
        body = await self._ask("GET", "/todos", params={"limit": PAGE, **_serialize(wanted)})
        try:
            return [Todo.model_validate(item) for item in body["items"]], int(body["total"])
        except (KeyError, TypeError, ValueError) as error:
            raise _unavailable("GET", "/todos", error) from None

    async def due(self, start: dt.datetime | None, end: dt.datetime) -> list[Todo]:
        """The open todos that are due from `start` on and before `end`, soonest first."""
        found: list[Todo] = []
        for offset in range(0, 10 * PAGE, PAGE):  # a thousand are more than anybody reads
            items, _ = await self.page(completed=False, sort="-due_at", due_before=end, offset=offset)
            found += [item for item in items if item.due_at and (start is None or item.due_at >= start)]
            if len(items) < PAGE or (start and items[-1].due_at and items[-1].due_at < start):
                break
        return sorted(found, key=lambda todo: todo.due_at or end)

    async def changed_after(self, cursor: Cursor | None) -> AsyncIterator[list[tuple[Todo, Cursor]]]:
        """Every todo changed after a cursor's, a page at a time, oldest change first, each with its own cursor.

        A todo may come twice, and none is left out: a change of one moves it to the end, and those behind it up.
        """
        while True:
            since = {"updated_since": cursor.moment, "offset": cursor.place} if cursor else {}
            items, _ = await self.page(sort="updated_at", **since)
            if cursor and cursor.place and (not items or items[0].id != cursor.identity):
                cursor = Cursor(cursor.moment)  # one before it has gone: read those of its moment again
                continue
            pairs = _add_cursors(items, cursor)
            if new := [each for each in pairs if cursor is None or each[1].identity != cursor.identity]:
                yield new
            if len(items) < PAGE:
                return
            cursor = pairs[-1][1]

    async def _ask(self, method: str, path: str, **options: Any) -> Any:
        return await self._backend.ask(self._token, method, path, **options)

    async def _one(self, method: str, path: str, **options: Any) -> Todo:
        try:
            return Todo.model_validate(await self._ask(method, path, **options))
        except ValidationError as error:
            raise _unavailable(method, path, error) from None


def _unavailable(method: str, path: str, error: Exception) -> BackendUnavailableError:
    """What is raised, and logged, without the error's words: they have the todos' text."""
    return BackendUnavailableError(f"{method} {path}: {type(error).__name__}")


def _add_cursors(items: list[Todo], cursor: Cursor | None) -> list[tuple[Todo, Cursor]]:
    """Each todo of a page that begins at the cursor, with its own cursor."""
    pairs: list[tuple[Todo, Cursor]] = []
    last = replace(cursor, place=cursor.place - 1) if cursor else None
    for item in items:
        place = last.place + 1 if last and last.moment == item.updated_at else 0
        last = Cursor(item.updated_at, item.id, place)
        pairs.append((item, last))
    return pairs


def _serialize(values: dict[str, Any]) -> dict[str, Any]:
    return {key: each.isoformat() if isinstance(each, dt.datetime) else each for key, each in values.items()}
