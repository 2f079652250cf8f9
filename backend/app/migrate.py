"""`python -m app.migrate`: bring the database's schema to this version's, one process at a time."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from app.database import Database
from app.settings import Settings

MIGRATIONS = Path(__file__).parent.parent / "migrations"
LOCK = 7_404_001  # any number that nothing else in the database locks by


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@cache
def known_versions() -> list[str]:
    """Every migration this version carries, newest first."""
    return [script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()]


async def migrate(database: Database) -> None:
    """Upgrade to the newest migration; several processes may call it at once, and each finds it done after.

    A database that a later version has migrated already is left as it is.
    """
    with _file_lock(database):
        async with database.engine.connect() as connection:
            await connection.run_sync(_upgrade, database.is_sqlite)


def _upgrade(connection: Connection, is_sqlite: bool) -> None:
    if not is_sqlite:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    if _is_later(connection):
        connection.rollback()
        return
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()


def _is_later(connection: Connection) -> bool:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return False
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return row is not None and row[0] not in known_versions()


@contextmanager
def _file_lock(database: Database) -> Iterator[None]:
    """SQLite: a lock beside the file, as its own lock ends at each of Alembic's transactions."""
    path = database.url.database
    if not database.is_sqlite or path in (None, "", ":memory:"):
        yield
        return
    with Path(f"{path}.migrate-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


async def main() -> None:
    database = Database(Settings().database_url)
    try:
        await migrate(database)
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
