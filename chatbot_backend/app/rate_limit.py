"""How often one client may ask: counted in Redis, so that all pods count together."""

from __future__ import annotations

import math
import time

import structlog
from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError


class RateLimit:
    """A limit for each client. Without Redis nobody is limited: a chat that answers is worth more than a count."""

    def __init__(self, url: str, limit: RateLimitItem, seconds: float) -> None:
        # A pool of our own: the storage cannot close the one it would make.
        self._pool = ConnectionPool.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds)
        self._storage = RedisStorage(
            f"async+{url}",
            implementation="redispy",
            key_prefix="chatbot-backend",
            connection_pool=self._pool,  # type: ignore[arg-type] # documented, and not in its types
        )
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._limit = limit

    async def close(self) -> None:
        await self._pool.disconnect()

    async def wait(self, client: str) -> int:
        """Count one request; the seconds to wait before it may be asked again, 0 when it may be answered now."""
        try:
            if await self._limiter.hit(self._limit, client):
                return 0
            window = await self._limiter.get_window_stats(self._limit, client)
        except (RedisError, OSError) as error:
            await structlog.get_logger().awarning("not limited", reason=repr(error))
            return 0
        return max(1, math.ceil(window.reset_time - time.time()))

    async def trouble(self) -> str | None:
        """Why Redis does not answer, for /health; None when it does."""
        try:
            answers = await self._storage.check()
        except (RedisError, OSError):
            answers = False
        return None if answers else "redis does not answer; nobody is limited"
