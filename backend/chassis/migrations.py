"""Bring a database's schema to this version's, one process at a time."""

from __future__ import annotations

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import structlog
from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import SchemaItem

from chassis.database import Database

LOCK = 7_404_001  # any number that nothing else in the database locks by
POLL_SECONDS = 0.2  # between two attempts to get it
LOCK_SECONDS = 1  # how long a statement waits for a table; requests for the table wait as long
STATEMENT_SECONDS = 60  # what takes longer belongs outside of a transaction: chassis.indexes, or in batches
RETRY_SECONDS = 120  # for a table in use; less than the migration's Job has
LONGEST_PAUSE_SECONDS = 10.0
IN_USE = {"55P03", "40P01"}  # PostgreSQL's SQLSTATE: lock not available, deadlock detected
DIALECT = "dialect"  # in an index's `info`: the one that has it


class Migrations:
    """A service's folder of Alembic migrations.

    Attributes:
        known: every migration this version carries, newest first.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known = [script.revision for script in ScriptDirectory.from_config(self.config()).walk_revisions()]

    async def migrate(self, url: str) -> None:
        """Upgrade to the newest migration; several processes may call it at once, and each finds it done after.

        A database that a later version has migrated already is left as it is.

        Raises:
            DBAPIError: a migration fails, or a table that it changes was in use for RETRY_SECONDS.
        """
        database = Database(url, statement_seconds=None)
        if not database.is_sqlite:
            event.listen(database.engine.sync_engine, "begin", _limit)
        try:
            with _file_lock(database):
                async with _database_lock(database):
                    await self._upgrade_with_retries(database)
        finally:
            await database.close()

    async def _upgrade_with_retries(self, database: Database) -> None:
        deadline, pause = time.monotonic() + RETRY_SECONDS, 1.0
        while True:
            try:
                async with database.engine.connect() as connection:
                    return await connection.run_sync(self._upgrade)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in IN_USE or time.monotonic() + pause > deadline:
                    raise
                reason = repr(error.orig)
            await structlog.get_logger().awarning("a migration waits for a table", seconds=pause, reason=reason)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def missing(self, version: str | None) -> str | None:
        """What a database at this migration lacks, in words; None where this version can live with it.

        One we do not know is a later version's, which keeps to what we can live with; an older one is not.
        """
        if version in self.known[1:]:
            return f"the schema is at {version}, this version needs {self.known[0]}"
        return None

    def _upgrade(self, connection: Connection) -> None:
        is_later = self._is_later(connection)
        connection.rollback()  # inside a transaction of ours, Alembic would make none of its own
        if is_later:
            return
        config = self.config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()

    def _is_later(self, connection: Connection) -> bool:
        if not connection.dialect.has_table(connection, "alembic_version"):
            return False
        row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
        return row is not None and row[0] not in self.known

    def config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(self.folder))
        return config


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


@asynccontextmanager
async def _database_lock(database: Database) -> AsyncIterator[None]:
    """PostgreSQL: an advisory lock, held by a transaction on a connection of its own.

    Migrations may then begin and end transactions, or do without: `CREATE INDEX CONCURRENTLY` (chassis.indexes). A
    lock of the session would do, too, if a pool in transaction mode did not give the session another server
    connection. Who waits asks again and again: one that waits in the database has a snapshot, for which
    `CREATE INDEX CONCURRENTLY` would wait in turn.
    """
    if database.is_sqlite:
        yield
        return
    async with database.engine.connect() as connection:
        while not await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}):
            await connection.rollback()
            await asyncio.sleep(POLL_SECONDS)
        # By the driver, as a simple query: that ends the SELECT, which as a prepared statement keeps its snapshot.
        driver = (await connection.get_raw_connection()).driver_connection
        await driver.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # type: ignore[union-attr]
        yield
        await connection.rollback()


def _limit(connection: Connection) -> None:
    """Limit a transaction: what waits for a table makes everything after it wait, and what changes one, too."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'")


def run_in_context(metadata: MetaData) -> None:
    """What a service's migrations/env.py does: Alembic's work on the connection that `Migrations` holds.

    Without a connection (`alembic upgrade --sql`) it writes PostgreSQL's SQL.
    """
    connection = context.config.attributes.get("connection")
    context.configure(
        connection=connection,
        dialect_name=None if connection else "postgresql",
        target_metadata=metadata,
        render_as_batch=True,  # SQLite changes a table only by copying it
        compare_type=True,
        transaction_per_migration=True,  # a retry goes on behind the last one that was made
        include_object=_is_of_dialect,
    )
    context.run_migrations()


def _is_of_dialect(schema_item: SchemaItem, *_: Any) -> bool:
    """Whether the database that is compared may have it: an index's `info` may name the one dialect that can."""
    return schema_item.info.get(DIALECT) in {None, context.get_context().dialect.name}
