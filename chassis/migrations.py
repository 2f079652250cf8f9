"""Bring a database's schema to this version's, one process at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from chassis.database import Database

LOCK = 7_404_001  # any number that nothing else in the database locks by


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

        A database that a later version has migrated already is left as it is. A statement may take its time.
        """
        database = Database(url, statement_seconds=None)
        try:
            with _file_lock(database):
                async with database.engine.connect() as connection:
                    await connection.run_sync(self._upgrade, database.is_sqlite)
        finally:
            await database.close()

    def missing(self, version: str | None) -> str | None:
        """What a database at this migration lacks, in words; None where this version can live with it.

        One we do not know is a later version's, which keeps to what we can live with; an older one is not.
        """
        if version in self.known[1:]:
            return f"the schema is at {version}, this version needs {self.known[0]}"
        return None

    def _upgrade(self, connection: Connection, is_sqlite: bool) -> None:
        if not is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if self._is_later(connection):
            connection.rollback()
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


def run_in_context(metadata: MetaData) -> None:
    """What a service's migrations/env.py does: Alembic's work on the connection that `Migrations` holds."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        render_as_batch=True,  # SQLite changes a table only by copying it
        compare_type=True,
    )
    context.run_migrations()
