"""An application on a database of its own: SQLite always, PostgreSQL where its programs are installed."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import httpx
import pytest
from app.database import Database
from app.main import create_app
from app.migrate import migrate
from app.settings import Settings

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture(scope="session")
def postgres():
    """The URL of a real PostgreSQL server with no data that matters: TEST_POSTGRES_URL's, or one started here."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    if not POSTGRES:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is missing: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    # Not below pytest's own folder: every session closes that to other users, and the server runs as one.
    folder = Path(tempfile.mkdtemp(prefix="slipway-postgres-"))
    programs, data, port = POSTGRES[-1].parent, folder / "data", free_port()
    shutil.chown(folder, "postgres", "postgres")
    account = pwd.getpwnam("postgres")
    as_user = {"user": account.pw_uid, "group": account.pw_gid, "cwd": folder, "capture_output": True}
    subprocess.run([programs / "initdb", "-D", data, "-A", "trust", "--no-sync"], check=True, **as_user)
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    subprocess.run(
        [programs / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start"], check=True, **as_user
    )
    yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=True, **as_user)
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/todo.db"
    url = request.getfixturevalue("postgres")
    reset(url)
    return url


def reset(url):
    async def drop():
        database = Database(Settings(database_url=url).database_url)
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            await connection.exec_driver_sql("CREATE SCHEMA public")
        await database.close()

    asyncio.run(drop())


@pytest.fixture
def settings(database_url):
    return Settings(database_url=database_url, release_sha="3f2a91c4d5e6", database_seconds=1)


def migrated(settings):
    async def work():
        database = Database(settings.database_url)
        await migrate(database)
        await database.close()

    asyncio.run(work())


class Client:
    """Requests to an application in this process; one event loop for all, as its database has one."""

    def __init__(self, settings):
        self.app = create_app(settings)
        self.runner = asyncio.Runner()
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False), base_url="http://test"
        )

    def __getattr__(self, method):
        return lambda *args, **kwargs: self.runner.run(getattr(self.http, method)(*args, **kwargs))

    def close(self):
        self.runner.run(self.http.aclose())
        self.runner.run(self.app.state.database.close())
        self.runner.close()


@pytest.fixture
def client(settings):
    migrated(settings)
    made = Client(settings)
    yield made
    made.close()
