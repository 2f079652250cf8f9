"""Find users by name."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User


class UnknownUserError(Exception):
    """There is no user of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no user {name}; sign up first")


async def lock_user(session: AsyncSession, name: str, password_hash: str | None) -> User | None:
    """Lock a user until the transaction ends; None if the user or the password has changed meanwhile."""
    query = select(User).where(User.name == name, User.password_hash == password_hash)
    return await session.scalar(query.with_for_update().execution_options(populate_existing=True))
