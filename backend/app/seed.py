"""`python -m app.seed`: a few todos for a preview environment, where there are none yet (`seed` of service.yaml)."""

from __future__ import annotations

import asyncio

from sqlalchemy import exists, select

from app.models import Todo
from chassis.database import Database
from chassis.settings import ServiceSettings

TODOS = (
    ("Try what this pull request changes", "This list has example data: change and delete what you like."),
    ("Ask the chat what is left to do", ""),
    ("Review the pull request", ""),
)
DONE = ("Open the preview environment", "")


async def seed(url: str) -> int:
    """Add the example todos to a database without todos; returns how many were added.

    Args:
        url: of a database whose schema is this version's.
    """
    database = Database(url)
    try:
        async with database.sessions.begin() as session:
            if await session.scalar(select(exists().select_from(Todo))):
                return 0
            added = [Todo(title=title, description=text) for title, text in TODOS]
            added.append(Todo(title=DONE[0], description=DONE[1], completed=True))
            session.add_all(added)
            return len(added)
    finally:
        await database.close()


if __name__ == "__main__":
    print(f"{asyncio.run(seed(ServiceSettings().database_url))} todos added")
