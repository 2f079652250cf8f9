"""`python -m app.adopt --name anna`: give a user the todos that nobody owns, made before there were users."""

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
    """Give a user every todo without an owner; returns how many there were.

    Args:
        url: of a database whose schema is this version's.
        name: of the user.

    Raises:
        UnknownUserError: there is none.
    """
    database, moved = Database(url), 0
    try:
        while batch := await _move(database, name.lower()):
            moved += batch
        return moved
    finally:
        await database.close()


async def _move(database: Database, name: str) -> int:
    """Move some todos in a transaction of their own; returns how many, 0 when none is left.

    `updated_at` becomes this moment: the chat's search index reads a user's changes in that order.
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
