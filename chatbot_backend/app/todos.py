"""Read and change todos through the backend."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from app.backend import Backend, BackendRefusedError, BackendUnavailableError

PAGE = 100  # the backend's maximum


class Todo(BaseModel):
    id: uuid.UUID
    title: str
    description: str
    completed: bool
    due_at: dt.datetime | None
    updated_at: dt.datetime


@dataclass(frozen=True)
class Cursor:
    """A position in the todos, ordered by their changes.

    Attributes:
        moment: when the last todo before it was changed.
        identity: of that todo; None to start with the first todo of the moment.
        place: how many todos of the same moment come before that todo.
    """

    moment: dt.datetime
    identity: uuid.UUID | None = None
    place: int = 0


class Todos:
    """One user's todos, read and changed with the user's session.

    Every method may raise BackendUnavailableError, BackendRefusedError and NotSignedInError.
    """

    def __init__(self, backend: Backend, token: str) -> None:
        self._backend = backend
        self._token = token

    async def add(self, key: str, /, **new: Any) -> Todo:
        """Create a todo.

        Args:
            key: identifies this request, so that the backend recognises a repetition.
            new: the body of the backend's POST.
        """
        headers = {"Idempotency-Key": key}
        return await self._ask_for_todo("POST", "/todos", json=_serialize(new), headers=headers)

    async def change(self, identity: uuid.UUID, **changes: Any) -> Todo:
        """Change a todo; `changes` is the body of the backend's PATCH."""
        return await self._ask_for_todo("PATCH", f"/todos/{identity}", json=_serialize(changes))

    async def remove(self, identity: uuid.UUID) -> None:
        await self._ask("DELETE", f"/todos/{identity}")

    async def get(self, identity: uuid.UUID) -> Todo | None:
        """Read a todo; None if it is gone."""
        try:
            return await self._ask_for_todo("GET", f"/todos/{identity}")
        except BackendRefusedError as error:
            if error.is_missing:
                return None
            raise

    async def page(self, **query: Any) -> tuple[list[Todo], int]:
        """The first page of a listing, and the total count; `query` has the backend's query parameters."""
        body = await self._ask("GET", "/todos", params={"limit": PAGE, **_serialize(query)})
        try:
            return [Todo.model_validate(item) for item in body["items"]], int(body["total"])
        except (KeyError, TypeError, ValueError) as error:
            raise _unavailable_error("GET", "/todos", error) from None

    async def due(self, start: dt.datetime | None, end: dt.datetime) -> list[Todo]:
        """The open todos due from `start` until before `end`, soonest first."""
        todos: list[Todo] = []
        for offset in range(0, 10 * PAGE, PAGE):  # nobody reads more than a thousand
            items, _ = await self.page(completed=False, sort="-due_at", due_before=end, offset=offset)
            todos += [item for item in items if item.due_at and (start is None or item.due_at >= start)]
            if len(items) < PAGE or (start and items[-1].due_at and items[-1].due_at < start):
                break
        return sorted(todos, key=lambda todo: todo.due_at or end)

    async def changed_after(self, cursor: Cursor | None) -> AsyncIterator[list[tuple[Todo, Cursor]]]:
        """Yield pages of the todos changed after a cursor, oldest change first, each todo with its own cursor.

        A todo may appear twice, but none is skipped, although a change moves a todo to the end.
        """
        while True:
            since = {"updated_since": cursor.moment, "offset": cursor.place} if cursor else {}
            items, _ = await self.page(sort="updated_at", **since)
            if cursor and cursor.place and (not items or items[0].id != cursor.identity):
                cursor = Cursor(cursor.moment)  # a todo before it is gone: read all of its moment again
                continue
            pairs = _add_cursors(items, cursor)
            if new := [each for each in pairs if cursor is None or each[1].identity != cursor.identity]:
                yield new
            if len(items) < PAGE:
                return
            cursor = pairs[-1][1]

    async def _ask(self, method: str, path: str, **options: Any) -> Any:
        return await self._backend.ask(self._token, method, path, **options)

    async def _ask_for_todo(self, method: str, path: str, **options: Any) -> Todo:
        try:
            return Todo.model_validate(await self._ask(method, path, **options))
        except ValidationError as error:
            raise _unavailable_error(method, path, error) from None


def _unavailable_error(method: str, path: str, error: Exception) -> BackendUnavailableError:
    """An error to raise and log, without the original message, which has the todos' text."""
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
