"""The todos of who is signed in."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError

from app.idempotency import KeyHeader, once
from app.listing import Listing, Place
from app.models import Todo, User
from app.sessions import SIGNED_IN, UserDep, signed_out
from app.views import MOST_COUNTED, NewTodo, Page, TodoChanges, TodoView
from chassis.database import SessionDep
from chassis.problems import problem_responses

router = APIRouter(prefix="/todos", tags=["todos"], responses=SIGNED_IN)
NAMED = problem_responses(HTTPStatus.NOT_FOUND)


@router.post("", status_code=HTTPStatus.CREATED, responses=problem_responses(HTTPStatus.CONFLICT))
async def create_todo(
    new: NewTodo, user: UserDep, session: SessionDep, response: Response, key: KeyHeader = None
) -> TodoView:
    async def make() -> TodoView:
        todo = Todo(owner_id=user.id, **new.model_dump())
        session.add(todo)
        try:
            await session.flush()
        except IntegrityError:
            raise signed_out() from None
        return TodoView.model_validate(todo)

    made = await (make() if key is None else once(session, f"{user.id} {key}", new, make))
    await session.commit()
    # Relative to the request's own path: only the client knows what a proxy removed from that (`/api`).
    response.headers["Location"] = f"todos/{made.id}"
    return made


@router.get("")
async def list_todos(
    listing: Annotated[Listing, Query()], user: UserDep, session: SessionDep, request: Request, response: Response
) -> Page:
    own = Todo.owner_id == user.id
    found = (await session.scalars(listing.page().where(own))).all()
    items = found[: listing.limit]
    is_whole = len(found) == len(items) and not listing.offset and listing.cursor is None
    total = len(items) if is_whole else await _count(session, own, *listing.conditions())
    cursor = Place.of(items[-1], listing.sort).cursor() if len(found) > len(items) else None
    if links := _links(request, listing, cursor):
        response.headers["Link"] = ", ".join(links)
    return Page(
        items=[TodoView.model_validate(todo) for todo in items],
        total=total,
        limit=listing.limit,
        offset=listing.offset,
        next_cursor=cursor,
    )


async def _count(session: SessionDep, *conditions: ColumnElement[bool]) -> int:
    counted = select(Todo.id).where(*conditions).limit(MOST_COUNTED).subquery()
    return await session.scalar(select(func.count()).select_from(counted)) or 0


def _links(request: Request, listing: Listing, cursor: str | None) -> list[str]:
    """The pages beside this one, as references relative to this one's URL."""
    here, links = request.url.remove_query_params(["cursor", "offset"]), []
    if cursor is not None:
        links.append(f'<?{here.include_query_params(cursor=cursor).query}>; rel="next"')
    if listing.offset:
        before = max(0, listing.offset - listing.limit)
        links.append(f'<?{here.include_query_params(offset=before).query}>; rel="prev"')
    return links


@router.get("/{todo_id}", responses=NAMED)
async def read_todo(todo_id: uuid.UUID, user: UserDep, session: SessionDep) -> TodoView:
    return TodoView.model_validate(await _find(session, user, todo_id))


@router.patch("/{todo_id}", responses=NAMED)
async def update_todo(todo_id: uuid.UUID, changes: TodoChanges, user: UserDep, session: SessionDep) -> TodoView:
    todo = await _find(session, user, todo_id, lock=True)
    for name in changes.model_fields_set:
        setattr(todo, name, getattr(changes, name))
    await session.commit()
    return TodoView.model_validate(todo)


@router.delete("/{todo_id}", status_code=HTTPStatus.NO_CONTENT, responses=NAMED)
async def delete_todo(todo_id: uuid.UUID, user: UserDep, session: SessionDep) -> None:
    await session.delete(await _find(session, user, todo_id, lock=True))
    await session.commit()


async def _find(session: SessionDep, user: User, todo_id: uuid.UUID, *, lock: bool = False) -> Todo:
    """The user's todo; locked, nobody else deletes it before the transaction ends."""
    own = select(Todo).where(Todo.id == todo_id, Todo.owner_id == user.id)  # another user's is missing, too
    todo = await session.scalar(own.with_for_update() if lock else own)
    if todo is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no todo {todo_id}")
    return todo
