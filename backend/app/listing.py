"""Filter, sort and paginate todos.

A page starts after the last todo of the previous page (`cursor`), which an index finds at once, or after a number of
todos (`offset`), all of which the database reads and skips.
"""

from __future__ import annotations

import base64
import datetime as dt
import uuid
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator, model_validator
from sqlalchemy import ColumnElement, Select, and_, literal, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.models import TITLE_LENGTH, Todo
from chassis.fields import Moment, WithoutNul

LARGEST_PAGE = 100
CURSOR_LENGTH = 2000  # a title of 200 characters of four bytes each, in base64, fits
NOT_A_CURSOR = "is no cursor; take one from `next_cursor` or the Link header, and change nothing in it"

Sort = Literal["created_at", "-created_at", "updated_at", "-updated_at", "due_at", "-due_at", "title", "-title"]
_MOMENT: TypeAdapter[dt.datetime] = TypeAdapter(Moment)


class Position(BaseModel):
    """A todo's position in a sort order: the value of the sort column, and the id."""

    sort: Sort
    value: Annotated[str, WithoutNul()] | None
    id: uuid.UUID

    @classmethod
    def from_todo(cls, todo: Todo, sort: Sort) -> Position:
        value = getattr(todo, sort.removeprefix("-"))
        return cls(sort=sort, value=value.isoformat() if isinstance(value, dt.datetime) else value, id=todo.id)

    @classmethod
    def parse(cls, cursor: str) -> Position:
        """Raises ValueError for a text that `encode` did not return."""
        try:
            position = cls.model_validate_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            position.parse_value()
        except ValueError:
            raise ValueError(NOT_A_CURSOR) from None
        return position

    def encode(self) -> str:
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode().rstrip("=")

    def parse_value(self) -> str | dt.datetime | None:
        """The value with its column's type; raises ValueError if it has another type."""
        column = self.sort.removeprefix("-")
        if column == "title":
            return TypeAdapter(str).validate_python(self.value)
        return None if column == "due_at" and self.value is None else _MOMENT.validate_python(self.value)


class Listing(BaseModel):
    """The query of a listing."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 20
    offset: Annotated[int, Field(ge=0, le=2**31)] = 0
    cursor: Annotated[str, Field(max_length=CURSOR_LENGTH)] | None = None
    completed: bool | None = None
    q: Annotated[str, Field(max_length=TITLE_LENGTH), WithoutNul()] | None = None
    due_before: Moment | None = None
    updated_since: Moment | None = None
    sort: Sort = "-created_at"

    @field_validator("cursor")
    @classmethod
    def _is_cursor(cls, cursor: str | None) -> str | None:
        if cursor is not None:
            Position.parse(cursor)
        return cursor

    @model_validator(mode="after")
    def _check_cursor(self) -> Listing:
        if self.cursor is not None and self.offset:
            raise ValueError("cursor and offset exclude each other")
        if self.cursor is not None and Position.parse(self.cursor).sort != self.sort:
            raise ValueError("the cursor is of another order; repeat the `sort` of the page before")
        return self

    def conditions(self) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.completed is not None:
            conditions.append(Todo.completed.is_(self.completed))
        if self.q:
            # Not icontains, which compares lower(title): the index is on the columns themselves.
            text = self.q.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
            conditions.append(or_(*(each.ilike(f"%{text}%", escape="\\") for each in (Todo.title, Todo.description))))
        if self.due_before is not None:
            conditions.append(Todo.due_at < self.due_before)
        if self.updated_since is not None:
            conditions.append(Todo.updated_at >= self.updated_since)
        return conditions

    def page(self) -> Select[Todo]:
        """Select the page's todos, and one more if there is a next page."""
        column, descending = _column(self.sort)
        order = column.desc() if descending else column.asc()
        # The id breaks ties: without it, pages could repeat one todo and skip another. NULLS LAST only where NULLs
        # are possible: no index has a descending order with it.
        has_nulls = column is Todo.due_at and self.due_before is None
        orders = (
            order.nulls_last() if has_nulls else order,
            Todo.id.desc() if descending else Todo.id.asc(),
        )
        query = select(Todo).where(*self.conditions()).order_by(*orders).limit(self.limit + 1).offset(self.offset)
        return query if self.cursor is None else query.where(_is_after(Position.parse(self.cursor)))


def _column(sort: Sort) -> tuple[InstrumentedAttribute[str | dt.datetime | None], bool]:
    return getattr(Todo, sort.removeprefix("-")), sort.startswith("-")


def _is_after(position: Position) -> ColumnElement[bool]:
    column, descending = _column(position.sort)
    value = position.parse_value()
    if value is None:
        return and_(column.is_(None), Todo.id < position.id if descending else Todo.id > position.id)
    position_key = tuple_(literal(value, column.type), literal(position.id, Todo.id.type))
    row_key = tuple_(column, Todo.id)
    follows = row_key < position_key if descending else row_key > position_key
    return or_(follows, column.is_(None)) if column is Todo.due_at else follows
