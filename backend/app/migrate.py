"""`python -m app.migrate`: migrate the database to this version's schema."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chassis.migrations import Migrations
from chassis.settings import ServiceSettings

MIGRATIONS = Migrations(Path(__file__).parent.parent / "migrations")

if __name__ == "__main__":
    asyncio.run(MIGRATIONS.migrate(ServiceSettings().database_url))
