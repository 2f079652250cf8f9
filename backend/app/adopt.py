"""`python -m app.adopt --name anna`: give a user the todos created before the service had users."""

from __future__ import annotations

import argparse
import asyncio
import sys

from sqlalchemy import select

from app.models import Todo, UnownedTodo, User
from app.users import UnknownUserError
from chassis.database import Database
from chassis.settings import ServiceSettings

BATCH = 1000  # todos in a transaction
COLUMNS = ("id", "title", "description", "completed", "due_at", "created_at")


async def adopt(url: str, name: str) -> int:
    """Give every todo without an owner to a user; returns how many were moved.

    Args:
        url: of a database that is migrated to this version.
        name: of the user.

    Raises:
        UnknownUserError: there is no user of that name.
    """
    database, total = Database(url), 0
    try:
        while batch := await _move_batch(database, name.lower()):
            total += batch
        return total
    finally:
        await database.close()


async def _move_batch(database: Database, name: str) -> int:
    """Move one batch of todos in its own transaction; returns its size, 0 when no todo is left.

    `updated_at` is set to now: the chat's search index reads a user's changes in that order.
    """
    async with database.sessions.begin() as session:
        owner = await session.scalar(select(User.id).where(User.name == name))
        if owner is None:
            raise UnknownUserError(name)
        todos = (await session.scalars(select(UnownedTodo).limit(BATCH).with_for_update())).all()
        for todo in todos:
            columns = {column: getattr(todo, column) for column in COLUMNS}
            session.add(Todo(owner_id=owner, **columns))
            await session.delete(todo)
        return len(todos)


def main() -> int:
    """Exit status 1, and one line that says why, when there is no such user."""
    parser = argparse.ArgumentParser(
        prog="python -m app.adopt", description="Give a user the todos that nobody owns."
    )
    parser.add_argument("--name", required=True, help="of the user")
    name = parser.parse_args().name
    try:
        print(f"{asyncio.run(adopt(ServiceSettings().database_url, name))} todos given to {name}")
    except UnknownUserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
