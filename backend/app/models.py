"""Tables."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.columns import UtcDateTime, now
from chassis.migrations import DIALECT

TITLE_LENGTH = 200
NAME_LENGTH = 64


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str] = mapped_column(Text, unique=True)  # in lower case
    password_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)


class UserSession(Base):
    """A user's session in one browser: see app.sessions."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_id", "user_id"), Index("ix_sessions_expires_at", "expires_at"))

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class TodoColumns:
    """The columns of a todo, with or without an owner."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    completed: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)


def _new_search_index(name: str) -> Index:
    trigrams = {"title": "gin_trgm_ops", "description": "gin_trgm_ops"}
    return Index(name, *trigrams, postgresql_using="gin", postgresql_ops=trigrams, info={DIALECT: "postgresql"})


class Todo(TodoColumns, Base):
    """A user's todo. Not in the table `todos`, which versions without users show to everybody."""

    __tablename__ = "user_todos"
    __table_args__ = (
        # A listing has one owner, and sorts by a column and then by id: see app.listing.
        Index("ix_user_todos_owner_id_created_at_id", "owner_id", "created_at", "id"),
        Index("ix_user_todos_owner_id_completed_created_at_id", "owner_id", "completed", "created_at", "id"),
        Index("ix_user_todos_owner_id_updated_at_id", "owner_id", "updated_at", "id"),
        Index("ix_user_todos_owner_id_due_at_id", "owner_id", "due_at", "id"),
        Index("ix_user_todos_owner_id_title_id", "owner_id", "title", "id"),
        _new_search_index("ix_user_todos_search"),
    )

    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))


class UnownedTodo(TodoColumns, Base):
    """A todo created before the service had users, until app.adopt gives it to one."""

    __tablename__ = "todos"
    __table_args__ = (
        # Used by the previous version, which still runs during a rollout and after a rollback.
        Index("ix_todos_created_at_id", "created_at", "id"),
        Index("ix_todos_completed_created_at_id", "completed", "created_at", "id"),
        Index("ix_todos_updated_at_id", "updated_at", "id"),
        Index("ix_todos_due_at_id", "due_at", "id"),
        Index("ix_todos_title_id", "title", "id"),
        _new_search_index("ix_todos_search"),
    )

    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))


class IdempotencyKey(Base):
    """A request to create a todo, and its answer: see app.idempotency."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
