"""`python -m app.index`: the indexer in a process of its own, until SIGTERM; then INDEX_IN_SERVICE is false."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

from app.indexer import Indexer
from app.settings import ChatSettings
from app.todos import Todos
from app.vectors import Vectors
from chassis.observation import configure_logging


async def index(settings: ChatSettings) -> None:
    """Keep the index up to date until the process gets SIGTERM or SIGINT."""
    vectors = Vectors(settings.qdrant_url, settings.qdrant_key, settings.dependency_seconds)
    todos = Todos(settings.backend_url, settings.dependency_seconds)
    running = asyncio.create_task(Indexer(vectors, todos, settings.index_seconds).run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with suppress(asyncio.CancelledError):
        await running
    await vectors.close()
    await todos.close()


def main() -> None:
    """Index until SIGTERM."""
    settings = ChatSettings()
    configure_logging(settings.log_level)
    asyncio.run(index(settings))


if __name__ == "__main__":
    main()
