"""Which todos a listing has, in which order, and which part of them.

A page begins behind the last todo of the one before (`cursor`), which an index finds at once; or after a number of
todos (`offset`), which are all read for it.
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


class Place(BaseModel):
    """A todo's place in an order: the value that it is sorted by, and its id."""

    sort: Sort
    value: Annotated[str, WithoutNul()] | None
    id: uuid.UUID

    @classmethod
    def of(cls, todo: Todo, sort: Sort) -> Place:
        value = getattr(todo, sort.removeprefix("-"))
        return cls(sort=sort, value=value.isoformat() if isinstance(value, dt.datetime) else value, id=todo.id)

    @classmethod
    def parse(cls, cursor: str) -> Place:
        """Raises ValueError for a text that `cursor` did not return."""
        try:
            place = cls.model_validate_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            place.sorted_by()
        except ValueError:
            raise ValueError(NOT_A_CURSOR) from None
        return place

    def cursor(self) -> str:
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode().rstrip("=")

    def sorted_by(self) -> str | dt.datetime | None:
        """The value as its column has it; ValueError where that is none."""
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
            Place.parse(cursor)
        return cursor

    @model_validator(mode="after")
    def _begins_at_one_place(self) -> Listing:
        if self.cursor is not None and self.offset:
            raise ValueError("cursor and offset exclude each other")
        if self.cursor is not None and Place.parse(self.cursor).sort != self.sort:
            raise ValueError("the cursor is of another order; repeat the `sort` of the page before")
        return self

    def conditions(self) -> list[ColumnElement[bool]]:
        wanted: list[ColumnElement[bool]] = []
        if self.completed is not None:
            wanted.append(Todo.completed.is_(self.completed))
        if self.q:
            # ILIKE and not icontains, which compares lower(title): the index has the columns themselves.
            text = self.q.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
            wanted.append(or_(*(each.ilike(f"%{text}%", escape="\\") for each in (Todo.title, Todo.description))))
        if self.due_before is not None:
            wanted.append(Todo.due_at < self.due_before)
        if self.updated_since is not None:
            wanted.append(Todo.updated_at >= self.updated_since)
        return wanted

    def page(self) -> Select[Todo]:
        """The todos of the page, and one more where there is a next page."""
        column, descending = _column(self.sort)
        order = column.desc() if descending else column.asc()
        # The id decides between equals, or pages could repeat one and lose another. NULLS LAST only where there are
        # some: a descending order with it is in no index.
        has_nulls = column is Todo.due_at and self.due_before is None
        orders = (
            order.nulls_last() if has_nulls else order,
            Todo.id.desc() if descending else Todo.id.asc(),
        )
        found = select(Todo).where(*self.conditions()).order_by(*orders).limit(self.limit + 1).offset(self.offset)
        return found if self.cursor is None else found.where(_behind(Place.parse(self.cursor)))


def _column(sort: Sort) -> tuple[InstrumentedAttribute[str | dt.datetime | None], bool]:
    return getattr(Todo, sort.removeprefix("-")), sort.startswith("-")


def _behind(place: Place) -> ColumnElement[bool]:
    column, descending = _column(place.sort)
    value = place.sorted_by()
    if value is None:
        return and_(column.is_(None), Todo.id < place.id if descending else Todo.id > place.id)
    here = tuple_(literal(value, column.type), literal(place.id, Todo.id.type))
    there = tuple_(column, Todo.id)
    follows = there < here if descending else there > here
    return or_(follows, column.is_(None)) if column is Todo.due_at else follows
