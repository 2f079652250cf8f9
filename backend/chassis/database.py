"""The database: engine and sessions, and the settings that make SQLite safe for several processes."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

STATEMENT_SECONDS = 30.0  # a client would not wait longer for an answer
CONNECT_SECONDS = 5.0  # a longer one lets requests pile up while the database is down
BUSY_MILLISECONDS = 5000  # how long a writer waits for another pod's, before it fails


def _statement_name() -> str:
    return f"_{uuid.uuid4()}_"


def _postgresql_options(statement_seconds: float | None) -> dict[str, Any]:
    return {
        # Not the driver's `is_closed`: until the event loop reads the socket, a connection that the server closed
        # looks open, and the request fails (384 of 400 in a measurement; with the ping none).
        "pool_pre_ping": True,
        "pool_size": 5,
        "pool_timeout": CONNECT_SECONDS,
        "connect_args": {
            "timeout": CONNECT_SECONDS,
            "command_timeout": statement_seconds,
            # A pool in transaction mode may give each transaction another server connection, where the statements
            # prepared before are missing, or their names are taken (SQLAlchemy's asyncpg documentation, "PgBouncer").
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": _statement_name,
        },
    }


def _extract_tls_options(url: URL) -> tuple[URL, dict[str, Any]]:
    """Replace the URL's `sslrootcert`, which asyncpg supports only in a DSN, by connection options.

    Not `ssl.create_default_context`: since Python 3.13 it refuses certificate authorities that libpq and OpenSSL
    accept, such as those without a key identifier.
    """
    authority, mode = url.query.get("sslrootcert"), url.query.get("ssl")
    if authority is None:
        return url, {}
    if mode != "verify-full" or not isinstance(authority, str):
        raise ValueError("DATABASE_URL has an sslrootcert that nobody uses; write one, with sslmode=verify-full")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # requires a certificate, and checks its host name
    try:
        context.load_verify_locations(authority)
    except OSError as error:
        raise ValueError(f"DATABASE_URL's sslrootcert is {authority}, which is no certificate: {error}") from error
    return url.difference_update_query(["ssl", "sslrootcert"]), {"ssl": context}


class Database:
    """The engine and the sessions of one URL.

    Raises:
        ValueError: the URL's certificate authority cannot be used.
    """

    def __init__(self, url: str, *, statement_seconds: float | None = STATEMENT_SECONDS) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"hide_parameters": True}  # they are users' texts, and would be logged
        if not self.is_sqlite:
            self.url, tls_options = _extract_tls_options(self.url)
            options |= _postgresql_options(statement_seconds)
            options["connect_args"] |= tls_options
        self.engine: AsyncEngine = create_async_engine(self.url, **options)
        if self.is_sqlite:
            if self.url.database and self.url.database != ":memory:":
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    async def schema_version(self) -> str | None:
        """The database's current migration; None before the first one.

        Raises:
            SQLAlchemyError: the database does not answer, or has no schema.
        """
        async with self.engine.connect() as connection:
            row = (await connection.execute(text("SELECT version_num FROM alembic_version"))).first()
        return None if row is None else str(row[0])

    async def close(self) -> None:
        await self.engine.dispose()


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # _begin_sqlite begins transactions instead of the driver
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", f"busy_timeout={BUSY_MILLISECONDS}", "foreign_keys=ON", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    """Take the write lock at once: a transaction that reads first and then writes fails instead of waiting for it."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _open_session(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.database
    async with database.sessions() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(_open_session)]
