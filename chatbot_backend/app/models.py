"""Tables."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, true
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.columns import UtcDateTime, now

ROLE_LENGTH = 16
KEY_LENGTH = 255


class Base(DeclarativeBase):
    pass


class Conversation(Base):
    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_owner_id_created_at", "owner_id", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    owner_id: Mapped[uuid.UUID | None]  # a user of the backend; None if created before the service had users
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)


class Message(Base):
    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_conversation_id_created_at", "conversation_id", "created_at"),
        Index("ix_messages_answer_to", "answer_to"),
        Index("ix_messages_conversation_id_idempotency_key", "conversation_id", "idempotency_key", unique=True),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(ROLE_LENGTH))
    content: Mapped[str] = mapped_column(Text)
    finished: Mapped[bool] = mapped_column(default=True, server_default=true())
    answer_to: Mapped[uuid.UUID | None]  # of an answer: its question's id
    idempotency_key: Mapped[str | None] = mapped_column(String(KEY_LENGTH))  # of a question
    answering_until: Mapped[dt.datetime | None] = mapped_column(
        UtcDateTime
    )  # of a question: the deadline of its answer
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)


class Change(Base):
    """A change of a todo that the conversation can undo: see app.journal."""

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_conversation_id_created_at", "conversation_id", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(ROLE_LENGTH))
    todo_id: Mapped[uuid.UUID]
    title: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
