"""The todos, as the backend serves them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

PAGE = 100  # the most the backend gives at once


class TodosUnavailableError(RuntimeError):
    """The backend does not answer, or not as agreed."""


class TodoRefusedError(RuntimeError):
    """The backend refuses what it is asked: the todo is not there any more, or cannot become what was asked for.

    Attributes:
        status: of its answer, from 400 to 499.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status

    @property
    def is_missing(self) -> bool:
        return self.status == HTTPStatus.NOT_FOUND


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
    """A client of the backend at `url`; a request takes at most `seconds`.

    Every method raises TodosUnavailableError, and TodoRefusedError.
    """

    def __init__(self, url: str, seconds: float) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=seconds)

    async def close(self) -> None:
        await self._http.aclose()

    async def add(self, key: str, /, **new: Any) -> Todo:
        """A new todo; `new` as the backend's POST has it.

        Args:
            key: of this addition, by which the backend may know that it is asked for it again.
        """
        headers = {"Idempotency-Key": key}
        return Todo.model_validate(await self._ask("POST", "/todos", json=_written(new), headers=headers))

    async def change(self, identity: uuid.UUID, **changes: Any) -> Todo:
        """One todo with these changes, as the backend's PATCH has them."""
        return Todo.model_validate(await self._ask("PATCH", f"/todos/{identity}", json=_written(changes)))

    async def remove(self, identity: uuid.UUID) -> None:
        await self._ask("DELETE", f"/todos/{identity}")

    async def get(self, identity: uuid.UUID) -> Todo | None:
        """One todo; None when there is none any more."""
        try:
            return Todo.model_validate(await self._ask("GET", f"/todos/{identity}"))
        except TodoRefusedError as error:
            if error.is_missing:
                return None
            raise

    async def page(self, **wanted: Any) -> tuple[list[Todo], int]:
        """The first todos of a listing, and how many there are in all; `wanted` as the backend's query has it."""
        body = await self._ask("GET", "/todos", params={"limit": PAGE, **_written(wanted)})
        try:
            return [Todo.model_validate(item) for item in body["items"]], int(body["total"])
        except (KeyError, TypeError, ValueError) as error:
            raise TodosUnavailableError(f"GET /todos: {error!r}") from error

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
            placed = _placed(items, cursor)
            if new := [each for each in placed if cursor is None or each[1].identity != cursor.identity]:
                yield new
            if len(items) < PAGE:
                return
            cursor = placed[-1][1]

    async def _ask(self, method: str, path: str, **options: Any) -> Any:
        try:
            reply = await self._http.request(method, path, **options)
            if reply.is_client_error:
                raise TodoRefusedError(reply.status_code, _detail(reply))
            reply.raise_for_status()
            return reply.json() if reply.content else None
        except (httpx.HTTPError, ValueError, ValidationError) as error:
            raise TodosUnavailableError(f"{method} {path}: {error!r}") from error


def _placed(items: list[Todo], cursor: Cursor | None) -> list[tuple[Todo, Cursor]]:
    """Each todo of a page that begins at the cursor, with its own cursor."""
    placed: list[tuple[Todo, Cursor]] = []
    last = replace(cursor, place=cursor.place - 1) if cursor else None
    for item in items:
        place = last.place + 1 if last and last.moment == item.updated_at else 0
        last = Cursor(item.updated_at, item.id, place)
        placed.append((item, last))
    return placed


def _written(values: dict[str, Any]) -> dict[str, Any]:
    return {key: each.isoformat() if isinstance(each, dt.datetime) else each for key, each in values.items()}


def _detail(reply: httpx.Response) -> str:
    """Why the backend refuses, in its own words."""
    try:
        problem = reply.json()
        errors = [f"{each['where'].rpartition('/')[2]}: {each['detail']}" for each in problem.get("errors", [])]
        return "; ".join(errors) or str(problem["detail"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"the backend answered {reply.status_code}"
