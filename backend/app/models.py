"""Tables."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.columns import UtcDateTime, now
from chassis.migrations import DIALECT

TITLE_LENGTH = 200


class Base(DeclarativeBase):
    pass


class Todo(Base):
    __tablename__ = "todos"
    __table_args__ = (
        # The id follows the column that a listing is sorted by, as it does in the listing's order: app.listing.
        Index("ix_todos_created_at_id", "created_at", "id"),
        Index("ix_todos_completed_created_at_id", "completed", "created_at", "id"),
        Index("ix_todos_updated_at_id", "updated_at", "id"),
        Index("ix_todos_due_at_id", "due_at", "id"),
        Index("ix_todos_title_id", "title", "id"),
        Index(
            "ix_todos_search",
            "title",
            "description",
            postgresql_using="gin",
            postgresql_ops={"title": "gin_trgm_ops", "description": "gin_trgm_ops"},
            info={DIALECT: "postgresql"},
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    description: Mapped[str] = mapped_column(Text, default="")
    completed: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)


class IdempotencyKey(Base):
    """A request to make a todo, and its answer: app.idempotency."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
