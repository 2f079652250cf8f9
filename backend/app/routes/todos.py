"""The signed-in user's todos."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.idempotency import KeyHeader, run_once
from app.listing import MAX_TOTAL, Listing, Position
from app.models import Todo, User
from app.sessions import SIGN_IN_RESPONSES, UserDep, not_signed_in_error
from app.views import NewTodo, Page, TodoChanges, TodoView
from chassis.database import SessionDep
from chassis.problems import problem_responses

router = APIRouter(prefix="/todos", tags=["todos"], responses=SIGN_IN_RESPONSES)
TODO_RESPONSES = problem_responses(HTTPStatus.NOT_FOUND)


@router.post("", status_code=HTTPStatus.CREATED, responses=problem_responses(HTTPStatus.CONFLICT))
async def create_todo(
    new: NewTodo, user: UserDep, session: SessionDep, response: Response, key: KeyHeader = None
) -> TodoView:
    async def make_todo() -> TodoView:
        todo = Todo(owner_id=user.id, **new.model_dump())
        session.add(todo)
        try:
            await session.flush()
        except IntegrityError:
            raise not_signed_in_error() from None
        return TodoView.model_validate(todo)

    view = await (make_todo() if key is None else run_once(session, f"{user.id} {key}", new, make_todo))
    await session.commit()
    # Relative to the request's path: only the client knows the prefix that a proxy removed (`/api`).
    response.headers["Location"] = f"todos/{view.id}"
    return view


@router.get("")
async def list_todos(
    listing: Annotated[Listing, Query()], user: UserDep, session: SessionDep, request: Request, response: Response
) -> Page:
    rows, total = await _read_page(session, listing, user)
    items = rows[: listing.limit]
    cursor = Position.from_todo(items[-1], listing.sort).encode() if len(rows) > len(items) else None
    if links := _build_links(request, listing, cursor):
        response.headers["Link"] = ", ".join(links)
    return Page(
        items=[TodoView.model_validate(todo) for todo in items],
        total=total,
        limit=listing.limit,
        offset=listing.offset,
        next_cursor=cursor,
    )


async def _read_page(session: SessionDep, listing: Listing, user: User) -> tuple[Sequence[Any], int]:
    """The page's todos, with one more if there is a next page, and the number of all (at most MAX_TOTAL)."""
    is_first = not listing.offset and listing.cursor is None
    if not listing.q:
        rows = (await session.scalars(listing.page(user.id))).all()
        is_whole = is_first and len(rows) <= listing.limit
        return rows, len(rows) if is_whole else await _count(session, listing, user)
    matches = (await session.execute(listing.search(user.id))).all()
    total = matches[0].total if matches else 0 if is_first else await _count(session, listing, user)
    if total < MAX_TOTAL:
        return matches, total
    return (await session.scalars(listing.page(user.id))).all(), total


async def _count(session: SessionDep, listing: Listing, user: User) -> int:
    return await session.scalar(listing.count(user.id)) or 0


def _build_links(request: Request, listing: Listing, cursor: str | None) -> list[str]:
    """Links to the next and previous page, relative to this page's URL."""
    url, links = request.url.remove_query_params(["cursor", "offset"]), []
    if cursor is not None:
        links.append(f'<?{url.include_query_params(cursor=cursor).query}>; rel="next"')
    if listing.offset:
        previous_offset = max(0, listing.offset - listing.limit)
        links.append(f'<?{url.include_query_params(offset=previous_offset).query}>; rel="prev"')
    return links


@router.get("/{todo_id}", responses=TODO_RESPONSES)
async def read_todo(todo_id: uuid.UUID, user: UserDep, session: SessionDep) -> TodoView:
    return TodoView.model_validate(await _find(session, user, todo_id))


@router.patch("/{todo_id}", responses=TODO_RESPONSES)
async def update_todo(todo_id: uuid.UUID, changes: TodoChanges, user: UserDep, session: SessionDep) -> TodoView:
    todo = await _find(session, user, todo_id, lock=True)
    for name in changes.model_fields_set:
        setattr(todo, name, getattr(changes, name))
    await session.commit()
    return TodoView.model_validate(todo)


@router.delete("/{todo_id}", status_code=HTTPStatus.NO_CONTENT, responses=TODO_RESPONSES)
async def delete_todo(todo_id: uuid.UUID, user: UserDep, session: SessionDep) -> None:
    await session.delete(await _find(session, user, todo_id, lock=True))
    await session.commit()


async def _find(session: SessionDep, user: User, todo_id: uuid.UUID, *, lock: bool = False) -> Todo:
    """Find a user's todo; with `lock`, nobody else can delete it before the transaction ends."""
    query = select(Todo).where(Todo.id == todo_id, Todo.owner_id == user.id)  # 404 for another user's, too
    todo = await session.scalar(query.with_for_update() if lock else query)
    if todo is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no todo {todo_id}")
    return todo
