"""A service's migrations on a database."""

from __future__ import annotations

import asyncio

from alembic import command

from chassis.database import Database


def migrate(migrations, url):
    """Bring the database to the service's newest migration."""
    asyncio.run(migrations.migrate(url))


def check(migrations, url):
    """Fail where models and migrations say different things."""
    _with_alembic(migrations, url, command.check)


def take_back(migrations, url):
    """Undo every migration."""
    _with_alembic(migrations, url, lambda config: command.downgrade(config, "base"))


def _with_alembic(migrations, url, call):
    def work(connection):
        config = migrations.config()
        config.attributes["connection"] = connection
        call(config)

    async def run():
        database = Database(url)
        async with database.engine.connect() as connection:
            await connection.run_sync(work)
            await connection.commit()
        await database.close()

    asyncio.run(run())
