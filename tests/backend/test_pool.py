"""Through a pool in transaction mode, as DigitalOcean's: each transaction may have another server connection."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import httpx
from databases.pgbouncer import pooled
from databases.ports import free_port
from databases.postgresql import reset
from services.accounts import sign_up
from services.migrations import migrate
from services.process import ROOT, serving

from app.migrate import MIGRATIONS
from chassis.settings import ServiceSettings

TODOS = 40


def test_two_processes_migrate_and_serve_through_three_connections(postgres, tmp_path):
    reset(postgres)
    # Not below pytest's own folder, which other users may not enter.
    with tempfile.TemporaryDirectory() as folder, pooled(postgres, Path(folder)) as url:
        migrate(MIGRATIONS, ServiceSettings(database_url=url).database_url)
        urls = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
        first, second = (
            serving(
                "app.main", at, tmp_path / f"log-{at[-5:]}", folder=ROOT / "backend", DATABASE_URL=url, PORT=at[-5:]
            )
            for at in urls
        )
        with first, second, httpx.Client(timeout=30) as http:
            sign_up(http, url=urls[0])
            assert asyncio.run(statuses(urls, http.cookies)) == {httpx.codes.CREATED, httpx.codes.OK}
            assert http.get(f"{urls[0]}/todos").json()["total"] == TODOS * len(urls)


async def statuses(urls, cookies):
    # A request waits five seconds for a connection: on a busy machine more at once would be answered 503.
    limits = httpx.Limits(max_connections=10)
    async with httpx.AsyncClient(timeout=30, cookies=cookies, limits=limits) as http:
        replies = [http.post(f"{url}/todos", json={"title": f"number {at}"}) for at in range(TODOS) for url in urls]
        replies += [http.get(f"{url}/todos", params={"q": f"{at}"}) for at in range(TODOS) for url in urls]
        return {reply.status_code for reply in await asyncio.gather(*replies)}
