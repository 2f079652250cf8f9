"""`python -m app.fill --name load --todos 500000`: give a user many todos for a load test (PostgreSQL)."""

from __future__ import annotations

import argparse
import asyncio
import sys

from sqlalchemy import select, text

from app.models import User
from app.users import UnknownUserError
from chassis.database import Database
from chassis.settings import ServiceSettings

VERBS = "buy call book write plan send fix review"
NOUNS = "milk dentist invoice flight garden report insurance birthday letter window bicycle taxes"
INSERT = text(
    """INSERT INTO user_todos (id, owner_id, title, description, completed, due_at, created_at, updated_at)
    SELECT gen_random_uuid(), :owner, verbs[1 + n % 8] || ' ' || nouns[1 + n / 8 % 12]
        || ' ' || substr(md5(n::text), 1, 6),
        '', n % 2 = 0, CASE n % 3 WHEN 0 THEN moment END, moment, moment
    FROM (SELECT string_to_array(:verbs, ' ') AS verbs, string_to_array(:nouns, ' ') AS nouns) AS words,
        generate_series(1, :todos) AS n, LATERAL (SELECT now() - n * interval '1 minute') AS _(moment)"""
)


async def fill(url: str, name: str, todos: int) -> None:
    """Add todos to a user's list, then vacuum the table and update its statistics.

    Args:
        url: of a database that is migrated to this version.

    Raises:
        UnknownUserError: there is no user of that name.
    """
    database = Database(url, statement_seconds=None)
    try:
        async with database.sessions.begin() as session:
            owner = await session.scalar(select(User.id).where(User.name == name))
            if owner is None:
                raise UnknownUserError(name)
            await session.execute(INSERT, {"owner": owner, "todos": todos, "verbs": VERBS, "nouns": NOUNS})
        async with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            await connection.execute(text("VACUUM ANALYZE user_todos"))
    finally:
        await database.close()


def main() -> int:
    """Exit status 1, and one line that says why, when there is no such user."""
    parser = argparse.ArgumentParser(prog="python -m app.fill", description="Give a user many todos.")
    parser.add_argument("--name", required=True, help="of the user")
    parser.add_argument("--todos", type=int, default=500_000, help="how many (500000)")
    options = parser.parse_args()
    try:
        asyncio.run(fill(ServiceSettings().database_url, options.name, options.todos))
    except UnknownUserError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.todos} todos given to {options.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
