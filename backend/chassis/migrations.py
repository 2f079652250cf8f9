"""Migrate a database to this version's schema, one process at a time."""

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

ADVISORY_LOCK = 7_404_001  # the advisory lock's key; any number that nothing else in the database uses
POLL_SECONDS = 0.2  # between two attempts to get the lock
LOCK_TIMEOUT_SECONDS = 1  # how long a statement waits for a table; requests for the table then wait behind it
STATEMENT_SECONDS = 60  # longer work belongs outside a transaction (chassis.indexes), or in batches
RETRY_SECONDS = 120  # for a table in use; less than the deadline of the migration's Job
LONGEST_PAUSE_SECONDS = 10.0
IN_USE = {"55P03", "40P01"}  # PostgreSQL's SQLSTATE: lock not available, deadlock detected
DIALECT = "dialect"  # key of an index's `info`: the only dialect that has the index


class Migrations:
    """A service's folder of Alembic migrations.

    Attributes:
        revisions: every migration of this version, newest first.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.revisions = [script.revision for script in ScriptDirectory.from_config(self.config()).walk_revisions()]

    async def migrate(self, url: str) -> None:
        """Upgrade to the newest migration; several processes may call it at once.

        A database that a later version has already migrated stays as it is.

        Raises:
            DBAPIError: a migration fails, or a table that it changes was in use for RETRY_SECONDS.
        """
        database = Database(url, statement_seconds=None)
        if not database.is_sqlite:
            event.listen(database.engine.sync_engine, "begin", _set_timeouts)
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

    def describe_missing(self, version: str | None) -> str | None:
        """What a database at this migration lacks, or None if this version works with it.

        An unknown migration belongs to a later version, whose schema is backward compatible.
        """
        if version in self.revisions[1:]:
            return f"the schema is at {version}, this version needs {self.revisions[0]}"
        return None

    def _upgrade(self, connection: Connection) -> None:
        is_later = self._is_later(connection)
        connection.rollback()  # or Alembic would use this transaction instead of its own ones
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
        return row is not None and row[0] not in self.revisions

    def config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(self.folder))
        return config


@contextmanager
def _file_lock(database: Database) -> Iterator[None]:
    """SQLite: lock a file beside the database, whose own lock ends with each of Alembic's transactions."""
    path = database.url.database
    if not database.is_sqlite or path in (None, "", ":memory:"):
        yield
        return
    with Path(f"{path}.migrate-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@asynccontextmanager
async def _database_lock(database: Database) -> AsyncIterator[None]:
    """PostgreSQL: take an advisory lock in a transaction on a separate connection.

    Migrations can then begin and end transactions, or run outside one: `CREATE INDEX CONCURRENTLY` (chassis.indexes).
    Not a session lock, as a pool in transaction mode may change the session's server connection. Waiting processes
    poll: one that waits in the database has a snapshot, for which `CREATE INDEX CONCURRENTLY` would wait in turn.
    """
    if database.is_sqlite:
        yield
        return
    async with database.engine.connect() as connection:
        while not await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK}):
            await connection.rollback()
            await asyncio.sleep(POLL_SECONDS)
        # By the driver, as a simple query: this releases the snapshot that the prepared SELECT keeps.
        driver = (await connection.get_raw_connection()).driver_connection
        await driver.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # type: ignore[union-attr]
        yield
        await connection.rollback()


def _set_timeouts(connection: Connection) -> None:
    """Set a transaction's time limits: requests wait behind a statement that waits for a table, or changes it."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'")


def run_in_context(metadata: MetaData) -> None:
    """Run the migrations on the connection of `Migrations`; each service's migrations/env.py calls it.

    Without a connection (`alembic upgrade --sql`) it prints SQL for PostgreSQL.
    """
    connection = context.config.attributes.get("connection")
    context.configure(
        connection=connection,
        dialect_name=None if connection else "postgresql",
        target_metadata=metadata,
        render_as_batch=True,  # SQLite changes a table only by copying it
        compare_type=True,
        transaction_per_migration=True,  # a retry continues after the last migration that succeeded
        include_object=_is_of_dialect,
    )
    context.run_migrations()


def _is_of_dialect(schema_item: SchemaItem, *_: Any) -> bool:
    """Whether the database should have an item: an index's `info` may restrict it to one dialect."""
    return schema_item.info.get(DIALECT) in {None, context.get_context().dialect.name}
