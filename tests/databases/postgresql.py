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
from bare.packages import POSTGRESQL, require
from databases.ports import free_port

from chassis.database import Database
from chassis.settings import ServiceSettings


@pytest.fixture(scope="session")
def postgres():
    """The URL of a real PostgreSQL server with no data that matters: TEST_POSTGRES_URL's, or one started here."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    programs = Path(require(POSTGRESQL)).parent
    # Not below pytest's own folder: every session closes that to other users, and the server runs as one.
    folder = Path(tempfile.mkdtemp(prefix="slipway-postgres-"))
    data, port = folder / "data", free_port()
    as_user = {"cwd": folder, "capture_output": True}
    if os.geteuid() == 0:  # as which it refuses to run
        shutil.chown(folder, "postgres", "postgres")
        account = pwd.getpwnam("postgres")
        as_user |= {"user": account.pw_uid, "group": account.pw_gid}
    command = [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
    subprocess.run(command, check=True, **as_user)
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
