from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from alembic import command
from conftest import migrated

from app.migrate import MIGRATIONS
from chassis.database import Database

ROOT = Path(__file__).parents[2]


def on(settings, work):
    import asyncio

    async def run():
        database = Database(settings.database_url)
        async with database.engine.connect() as connection:
            await connection.run_sync(work)
            await connection.commit()
        await database.close()

    asyncio.run(run())


def with_alembic(call):
    def work(connection):
        config = MIGRATIONS.config()
        config.attributes["connection"] = connection
        call(config)

    return work


def test_models_and_migrations_say_the_same(settings):
    migrated(settings)
    on(settings, with_alembic(command.check))


def test_every_migration_can_be_taken_back_and_made_again(settings):
    migrated(settings)
    on(settings, with_alembic(lambda config: command.downgrade(config, "base")))
    migrated(settings)
    on(settings, with_alembic(command.check))
    assert MIGRATIONS.known == ["0002", "0001"]


def test_processes_that_start_together_on_an_empty_database_all_come_up(database_url):
    environment = {**os.environ, "DATABASE_URL": database_url, "PYTHONPATH": str(ROOT)}
    command_ = [sys.executable, "-m", "app.migrate"]
    processes = [
        subprocess.Popen(command_, env=environment, stderr=subprocess.PIPE, text=True, cwd=ROOT / "backend")
        for _ in range(4)
    ]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert [code for _, code in ends] == [0, 0, 0, 0], ends
