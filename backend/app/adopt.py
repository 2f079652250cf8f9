"""`python -m app.adopt --name anna`: give a user the todos that nobody owns, made before there were users."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any, cast

from sqlalchemy import CursorResult, select, update

from app.models import Todo, User
from app.users import UnknownUserError
from chassis.database import Database
from chassis.settings import ServiceSettings


async def adopt(url: str, name: str) -> int:
    """Give a user every todo without an owner; returns how many there were.

    Args:
        url: of a database whose schema is this version's.
        name: of the user.

    Raises:
        UnknownUserError: there is none.
    """
    database = Database(url, statement_seconds=None)
    try:
        async with database.sessions.begin() as session:
            owner = await session.scalar(select(User.id).where(User.name == name.lower()))
            if owner is None:
                raise UnknownUserError(name)
            # `updated_at` becomes this moment: the chat's search index reads a user's changes in that order.
            giving = update(Todo).where(Todo.owner_id.is_(None)).values(owner_id=owner)
            options = {"synchronize_session": False}
            return cast(CursorResult[Any], await session.execute(giving, execution_options=options)).rowcount
    finally:
        await database.close()


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
