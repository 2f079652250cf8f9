"""`python -m app.seed`: add a user `demo` with a few todos, in preview environments and on the local machine."""

from __future__ import annotations

import asyncio

from sqlalchemy import exists, select

from app.models import Todo, User
from app.passwords import Passwords
from chassis.database import Database
from chassis.settings import ServiceSettings

NAME, PASSWORD = "demo", "demo-demo-demo-demo"  # public, in the README: it protects nothing
TODOS = (
    ("Try what this pull request changes", "This list has example data: change and delete what you like."),
    ("Ask the chat what is left to do", ""),
    ("Review the pull request", ""),
)
DONE = ("Open the preview environment", "")


async def seed(url: str) -> int:
    """Add the demo user with example todos, unless that user exists; returns how many todos were added.

    Args:
        url: of a database that is migrated to this version.
    """
    database = Database(url)
    try:
        async with database.sessions.begin() as session:
            if await session.scalar(select(exists().where(User.name == NAME))):
                return 0
            user = User(name=NAME, password_hash=await Passwords().hash(PASSWORD))
            session.add(user)
            await session.flush()
            todos = [Todo(owner_id=user.id, title=title, description=text) for title, text in TODOS]
            todos.append(Todo(owner_id=user.id, title=DONE[0], description=DONE[1], completed=True))
            session.add_all(todos)
            return len(todos)
    finally:
        await database.close()


if __name__ == "__main__":
    print(f"{asyncio.run(seed(ServiceSettings().database_url))} todos added")
