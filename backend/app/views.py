"""The API's representations of todos and users."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.models import NAME_LENGTH, TITLE_LENGTH
from app.passwords import Password
from chassis.fields import Moment, WithoutNul

DESCRIPTION_LENGTH = 10_000
# Bytes of a request body: a character outside Unicode's basic plane takes 12 as JSON escapes.
LARGEST_BODY = 128 * 1024

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_LENGTH), WithoutNul()]
Name = Annotated[
    str,
    StringConstraints(to_lower=True, min_length=1, max_length=NAME_LENGTH, pattern=r"^[A-Za-z0-9._@+-]+$"),
]
Description = Annotated[str, Field(max_length=DESCRIPTION_LENGTH), WithoutNul()]


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
    """`total` counts what matches, whatever the page, up to 10,000; `next_cursor` is null on the last one."""

    items: list[TodoView]
    total: int
    limit: int
    offset: int
    next_cursor: str | None


class Credentials(BaseModel):
    """Names are the same in capitals and in small letters."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    password: Password


class PasswordChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: Password
    new_password: Password


class Confirmation(BaseModel):
    """The user's password, asked for again before what cannot be undone."""

    model_config = ConfigDict(extra="forbid")

    password: Password


class UserView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str
    created_at: dt.datetime
