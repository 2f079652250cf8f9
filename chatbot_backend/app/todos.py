"""The todos, as the backend serves them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

PAGE = 100  # the most the backend gives at once


class TodosUnavailableError(RuntimeError):
    """The backend does not answer, or not as agreed."""


class Todo(BaseModel):
    id: uuid.UUID
    title: str
    description: str
    completed: bool
    due_at: dt.datetime | None
    updated_at: dt.datetime


class Todos:
    """A client of the backend at `url`; a request takes at most `seconds`.

    Every method raises TodosUnavailableError.
    """

    def __init__(self, url: str, seconds: float) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=seconds)

    async def close(self) -> None:
        await self._http.aclose()

    async def add(self, title: str) -> Todo:
        return Todo.model_validate(await self._ask("POST", "/todos", json={"title": title}))

    async def complete(self, identity: uuid.UUID) -> Todo:
        return Todo.model_validate(await self._ask("PATCH", f"/todos/{identity}", json={"completed": True}))

    async def get(self, identity: uuid.UUID) -> Todo | None:
        """One todo; None when there is none any more."""
        found = await self._ask("GET", f"/todos/{identity}", missing=True)
        return None if found is None else Todo.model_validate(found)

    async def page(self, **wanted: Any) -> tuple[list[Todo], int]:
        """The first todos of a listing, and how many there are in all; `wanted` as the backend's query has it."""
        body = await self._ask("GET", "/todos", params={"limit": PAGE, **wanted})
        return [Todo.model_validate(item) for item in body["items"]], int(body["total"])

    async def changed_since(self, moment: dt.datetime | None) -> AsyncIterator[list[Todo]]:
        """Every todo changed at a moment or later, a page at a time, oldest change first; all of them without one."""
        seen: set[uuid.UUID] = set()
        while True:
            since = {} if moment is None else {"updated_since": moment.isoformat()}
            items, _ = await self.page(sort="updated_at", **since)
            new = [item for item in items if item.id not in seen]
            if new:
                yield new
            if len(items) < PAGE or not new:
                return
            # On from the last one, not from a number: what changes meanwhile moves to the end, the rest up by one.
            seen |= {item.id for item in new}
            moment = items[-1].updated_at

    async def _ask(self, method: str, path: str, *, missing: bool = False, **options: Any) -> Any:
        try:
            reply = await self._http.request(method, path, **options)
            if missing and reply.status_code == HTTPStatus.NOT_FOUND:
                return None
            return reply.raise_for_status().json()
        except (httpx.HTTPError, ValueError, ValidationError) as error:
            raise TodosUnavailableError(f"{method} {path}: {error!r}") from error
