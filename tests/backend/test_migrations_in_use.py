"""Migrations of a PostgreSQL database that is used meanwhile; with migrations of the tests' own."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

import asyncpg
import pytest
from databases.pgbouncer import pooled
from databases.postgresql import reset
from sqlalchemy.exc import DBAPIError

from chassis import migrations
from chassis.migrations import Migrations
from chassis.settings import ServiceSettings

ENV = "from sqlalchemy import MetaData\nfrom chassis.migrations import run_in_context\nrun_in_context(MetaData())\n"
MIGRATION = """from alembic import op
from chassis.indexes import create_index, drop_index
revision, down_revision = "{revision}", {before}
def upgrade():
    {upgrade}
"""
TABLE = 'op.execute("CREATE TABLE things AS SELECT n FROM generate_series(1, 1000) AS n")'
COLUMN = 'op.execute("ALTER TABLE things ADD COLUMN name text")'
INDEX = 'create_index("ix_things_n", "things", ["n"])'
VALID = "SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = 'things'::regclass"


@pytest.fixture
def migrate(postgres, tmp_path):
    """A function that runs migrations with these `upgrade`s, in this order, on the database, empty at first."""
    reset(postgres)
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV)

    async def run(*upgrades, url=postgres):
        for number, upgrade in enumerate(upgrades):
            before = repr(str(number - 1)) if number else None
            content = MIGRATION.format(revision=number, before=before, upgrade=upgrade)
            (tmp_path / "versions" / f"{number}.py").write_text(content)
        await Migrations(tmp_path).migrate(ServiceSettings(database_url=url).database_url)

    return run


async def in_use(postgres, migration, seconds):
    """How long reads of the table took while `migration` waits behind a transaction of these `seconds` on it."""
    reader, user = await asyncpg.connect(postgres), await asyncpg.connect(postgres)
    transaction = user.transaction()
    await transaction.start()
    await user.fetch("SELECT * FROM things")
    migrating, took, started = asyncio.create_task(migration), [], time.monotonic()
    while time.monotonic() < started + seconds:
        before = time.monotonic()
        await reader.fetch("SELECT n FROM things LIMIT 1")
        took.append(time.monotonic() - before)
        await asyncio.sleep(0.05)
    assert not migrating.done()
    await transaction.rollback()
    await asyncio.gather(migrating, return_exceptions=True)
    columns = await reader.fetchval(
        "SELECT count(*) FROM pg_attribute WHERE attrelid = 'things'::regclass AND attnum > 0"
    )
    await reader.close()
    await user.close()
    return max(took), columns


def test_reads_go_on_while_a_migration_waits_for_a_table_in_use(postgres, migrate):
    async def run():
        await migrate(TABLE)
        return await in_use(postgres, migrate(TABLE, COLUMN), 5)

    longest, columns = asyncio.run(run())
    assert columns == 2  # the migration was made in the end
    assert longest < 2


def test_a_table_that_stays_in_use_is_given_up(postgres, migrate, monkeypatch):
    monkeypatch.setattr(migrations, "RETRY_SECONDS", 1)

    async def run():
        await migrate(TABLE)
        user = await asyncpg.connect(postgres)
        async with user.transaction():
            await user.fetch("SELECT * FROM things")
            with pytest.raises(DBAPIError, match="lock timeout"):
                await migrate(TABLE, COLUMN)
        await user.close()

    asyncio.run(run())


def test_a_slow_statement_in_a_transaction_times_out(migrate, monkeypatch):
    monkeypatch.setattr(migrations, "STATEMENT_SECONDS", 1)
    with pytest.raises(DBAPIError, match="statement timeout"):
        asyncio.run(migrate('op.execute("SELECT pg_sleep(10)")'))


def test_concurrent_migrations_create_an_index_and_block_no_write(postgres, migrate):
    """The second waits for the first, which waits for a transaction of somebody else: not for the second."""

    async def run():
        await migrate(TABLE)
        writer, user = await asyncpg.connect(postgres), await asyncpg.connect(postgres)
        transaction = user.transaction(isolation="repeatable_read")
        await transaction.start()
        await user.fetch("SELECT * FROM things")
        both = [asyncio.create_task(migrate(TABLE, INDEX)) for _ in range(2)]
        await asyncio.sleep(2)
        assert not any(each.done() for each in both)
        await writer.execute("INSERT INTO things VALUES (0)", timeout=1)
        await transaction.rollback()
        async with asyncio.timeout(20):
            await asyncio.gather(*both)
        assert await writer.fetchval(VALID)
        await writer.close()
        await user.close()

    asyncio.run(run())


def test_an_index_that_was_left_half_made_is_made_anew(postgres, migrate):
    async def run():
        await migrate(TABLE)
        connection = await asyncpg.connect(postgres)
        await connection.execute("INSERT INTO things VALUES (1)")  # a second one
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("CREATE UNIQUE INDEX CONCURRENTLY ix_things_n ON things (n)")
        assert await connection.fetchval(VALID) is False
        await migrate(TABLE, INDEX)
        assert await connection.fetchval(VALID) is True
        await connection.close()

    asyncio.run(run())


def test_indexes_are_made_through_a_pool_in_transaction_mode(postgres, migrate):
    async def run(url):
        await asyncio.gather(
            *(migrate(TABLE, INDEX, 'drop_index("ix_things_n", "things")', url=url) for _ in range(3))
        )

    with tempfile.TemporaryDirectory() as folder, pooled(postgres, Path(folder)) as url:
        asyncio.run(run(url))
