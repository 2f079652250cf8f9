"""Todos."""

from __future__ import annotations

import datetime as dt
import uuid
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import ColumnElement, func, or_, select

from app.models import TITLE_LENGTH, Todo
from chassis.database import SessionDep

router = APIRouter(prefix="/todos", tags=["todos"])
LARGEST_PAGE = 100

Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(dt.UTC))]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_LENGTH)]
Description = Annotated[str, Field(max_length=10_000)]


class NewTodo(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Title
    description: Description = ""
    completed: bool = False
    due_at: Moment | None = None


class TodoChanges(BaseModel):
    """What is not named stays as it is."""

    model_config = ConfigDict(extra="forbid")

    title: Title = ""
    description: Description = ""
    completed: bool = False
    due_at: Moment | None = None


class TodoView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    title: str
    description: str
    completed: bool
    due_at: dt.datetime | None
    created_at: dt.datetime
    updated_at: dt.datetime


class Page(BaseModel):
    """`total` counts all that match, whatever the page."""

    items: list[TodoView]
    total: int
    limit: int
    offset: int


class Listing(BaseModel):
    """Which todos, in which order, and which part of them."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 20
    offset: Annotated[int, Field(ge=0, le=2**31)] = 0
    completed: bool | None = None
    q: Annotated[str, Field(max_length=TITLE_LENGTH)] | None = None
    due_before: Moment | None = None
    updated_since: Moment | None = None
    sort: Literal[
        "created_at", "-created_at", "updated_at", "-updated_at", "due_at", "-due_at", "title", "-title"
    ] = "-created_at"

    def conditions(self) -> list[ColumnElement[bool]]:
        wanted: list[ColumnElement[bool]] = []
        if self.completed is not None:
            wanted.append(Todo.completed.is_(self.completed))
        if self.q:
            wanted.append(
                or_(
                    Todo.title.icontains(self.q, autoescape=True), Todo.description.icontains(self.q, autoescape=True)
                )
            )
        if self.due_before is not None:
            wanted.append(Todo.due_at < self.due_before)
        if self.updated_since is not None:
            wanted.append(Todo.updated_at >= self.updated_since)
        return wanted


@router.post("", status_code=HTTPStatus.CREATED)
async def create_todo(new: NewTodo, session: SessionDep, response: Response) -> TodoView:
    todo = Todo(**new.model_dump())
    session.add(todo)
    await session.commit()
    response.headers["Location"] = f"/todos/{todo.id}"
    return TodoView.model_validate(todo)


@router.get("")
async def list_todos(
    listing: Annotated[Listing, Query()], session: SessionDep, request: Request, response: Response
) -> Page:
    conditions = listing.conditions()
    column = getattr(Todo, listing.sort.removeprefix("-"))
    order = column.desc() if listing.sort.startswith("-") else column.asc()
    total = await session.scalar(select(func.count()).select_from(Todo).where(*conditions)) or 0
    found = await session.scalars(
        # The id decides between equals, or pages could repeat one and lose another.
        select(Todo)
        .where(*conditions)
        .order_by(order.nulls_last(), Todo.id)
        .limit(listing.limit)
        .offset(listing.offset)
    )
    links = []
    for name, offset in (("next", listing.offset + listing.limit), ("prev", listing.offset - listing.limit)):
        if 0 <= offset < total:
            links.append(f'<{request.url.include_query_params(offset=offset)}>; rel="{name}"')
    if links:
        response.headers["Link"] = ", ".join(links)
    items = [TodoView.model_validate(todo) for todo in found]
    return Page(items=items, total=total, limit=listing.limit, offset=listing.offset)


@router.get("/{todo_id}")
async def read_todo(todo_id: uuid.UUID, session: SessionDep) -> TodoView:
    return TodoView.model_validate(await _found(session, todo_id))


@router.patch("/{todo_id}")
async def update_todo(todo_id: uuid.UUID, changes: TodoChanges, session: SessionDep) -> TodoView:
    todo = await _found(session, todo_id)
    for name in changes.model_fields_set:
        setattr(todo, name, getattr(changes, name))
    await session.commit()
    return TodoView.model_validate(todo)


@router.delete("/{todo_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_todo(todo_id: uuid.UUID, session: SessionDep) -> None:
    await session.delete(await _found(session, todo_id))
    await session.commit()


async def _found(session: SessionDep, todo_id: uuid.UUID) -> Todo:
    todo = await session.get(Todo, todo_id)
    if todo is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no todo {todo_id}")
    return todo
