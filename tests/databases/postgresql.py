"""PostgreSQL: TEST_POSTGRES_URL's, or Debian's on a port of its own."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from databases.ports import free_port

from chassis.database import Database
from chassis.settings import ServiceSettings

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


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


def reset(url):
    """Leave the database empty."""

    async def drop():
        database = Database(ServiceSettings(database_url=url).database_url)
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            await connection.exec_driver_sql("CREATE SCHEMA public")
        await database.close()

    asyncio.run(drop())
