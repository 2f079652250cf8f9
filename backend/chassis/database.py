"""The database: engine, sessions, and what makes SQLite safe for several processes."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

STATEMENT_SECONDS = 30.0  # of a service: one that takes longer is lost to whoever asked
CONNECT_SECONDS = 5.0  # longer, and requests pile up behind a database that is gone
BUSY_MILLISECONDS = 5000  # how long a writer waits for another pod's, before it is an error


def _statement_name() -> str:
    return f"_{uuid.uuid4()}_"


def _postgresql(statement_seconds: float | None) -> dict[str, Any]:
    return {
        "pool_size": 5,
        "pool_timeout": CONNECT_SECONDS,
        "connect_args": {
            "timeout": CONNECT_SECONDS,
            "command_timeout": statement_seconds,
            # A pool in transaction mode gives each transaction another server connection: a statement prepared in one
            # is not in the next, and its name may be taken there (SQLAlchemy's asyncpg documentation, "PgBouncer").
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": _statement_name,
        },
    }


def _verification(url: URL) -> tuple[URL, dict[str, Any]]:
    """The URL without its `sslrootcert`, which asyncpg knows in a DSN alone, and what it is instead.

    Not `ssl.create_default_context`: from Python 3.13 on that refuses authorities that libpq and OpenSSL accept, such
    as those without the identifier of their key.
    """
    authority, mode = url.query.get("sslrootcert"), url.query.get("ssl")
    if authority is None:
        return url, {}
    if mode != "verify-full" or not isinstance(authority, str):
        raise ValueError("DATABASE_URL has an sslrootcert that nobody uses; write one, with sslmode=verify-full")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # asks for a certificate, and compares its name
    try:
        context.load_verify_locations(authority)
    except OSError as error:
        raise ValueError(f"DATABASE_URL's sslrootcert is {authority}, which is no certificate: {error}") from error
    return url.difference_update_query(["ssl", "sslrootcert"]), {"ssl": context}


class Database:
    """The engine of one URL.

    Raises:
        ValueError: the authority that it names cannot be used.
    """

    def __init__(self, url: str, *, statement_seconds: float | None = STATEMENT_SECONDS) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"hide_parameters": True}  # or the log would have what users wrote
        if not self.is_sqlite:
            self.url, verification = _verification(self.url)
            options |= _postgresql(statement_seconds)
            options["connect_args"] |= verification
        self.engine: AsyncEngine = create_async_engine(self.url, **options)
        if self.is_sqlite:
            if self.url.database and self.url.database != ":memory:":
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    async def schema_version(self) -> str | None:
        """The migration the database is at; None before the first.

        Raises:
            SQLAlchemyError: the database does not answer, or has no schema.
        """
        async with self.engine.connect() as connection:
            row = (await connection.execute(text("SELECT version_num FROM alembic_version"))).first()
        return None if row is None else str(row[0])

    async def close(self) -> None:
        await self.engine.dispose()


def _refuse_closed(_: Any, record: ConnectionPoolEntry, __: Any) -> None:
    """Have the pool connect anew when the server has closed the connection, as it does when it ends.

    Not `pool_pre_ping`, which asks the server in a transaction of its own before each request. The socket is watched
    while the connection waits in the pool: the driver knows that it is closed, without a word to the server.
    """
    if record.driver_connection is None or record.driver_connection.is_closed():
        raise InvalidatePoolError("the server has closed the connection")


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, see _begin_sqlite
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", f"busy_timeout={BUSY_MILLISECONDS}", "foreign_keys=ON", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    """Take the write lock at once: a transaction that starts reading and then writes cannot wait for it."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.database
    async with database.sessions() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(_session)]
