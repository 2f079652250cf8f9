"""The API's representations of conversations."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from chassis.fields import WithoutNul

CONTENT_LENGTH = 2000  # letters of one question
LARGEST_PAGE = 200  # messages


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no time zone; write one such as Europe/Berlin") from None
    return name


class NewMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")

    content: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=CONTENT_LENGTH), WithoutNul()
    ]
    time_zone: Annotated[
        str,
        AfterValidator(_check_zone),
        Field(max_length=64, description="such as Europe/Berlin: where today begins"),
    ] = "UTC"


class MessageView(BaseModel):
    """`finished` is false for an answer that was stopped."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    role: str
    content: str
    finished: bool
    created_at: dt.datetime


class ConversationSummary(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    created_at: dt.datetime


class ConversationView(ConversationSummary):
    """`earlier` is what `before` is for the page before; null on the first one."""

    messages: list[MessageView]
    earlier: uuid.UUID | None


class MessageQuery(BaseModel):
    """Query parameters of a page of messages."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = LARGEST_PAGE
    before: uuid.UUID | None = None
