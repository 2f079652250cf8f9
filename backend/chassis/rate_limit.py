"""Rate limits for clients, counted in Redis for all pods together, or else in each process."""

from __future__ import annotations

import math
import time
from ipaddress import ip_address, ip_network
from typing import Annotated

import structlog
from fastapi import Request
from limits import parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from pydantic import AfterValidator, ValidationInfo
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

IPV6_NETWORK = 64  # bits: one client usually has all addresses of such a network (RFC 4291, section 2.5.1)


def _check_limit(text: str, info: ValidationInfo) -> str:
    try:
        parse(text)
    except ValueError:
        variable = (info.field_name or "limit").upper()
        raise ValueError(f"{variable} is {text!r}; write a number per time such as 30/minute") from None
    return text


Limit = Annotated[str, AfterValidator(_check_limit)]  # a setting: `30/minute`


def identify_client(request: Request) -> str:
    """The client's address, or its network for IPv6; see `chassis.application.PROXIES`."""
    host = request.client.host if request.client else "unknown"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(ip_network((address, IPV6_NETWORK), strict=False))  # noqa: PLR2004


class RateLimit:
    """A limit for each client; each process counts by itself while Redis does not answer, or without a URL.

    Args:
        service: its name, the prefix of the keys in Redis.
        url: of Redis, or None.
        limit: such as `30/minute`.
        seconds: how long Redis may take to answer.
    """

    def __init__(self, service: str, url: str | None, limit: Limit, seconds: float) -> None:
        self._limit = parse(limit)
        self._local = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._redis = _Redis(service, url, seconds) if url else None

    async def close(self) -> None:
        if self._redis:
            await self._redis.pool.disconnect()

    async def wait(self, *client: str, count: bool = True) -> int:
        """Count a request; returns 0, or the seconds to wait if the limit is exceeded.

        Args:
            count: False checks the limit without counting this request.
        """
        try:
            return await self._count(self._redis.limiter if self._redis else self._local, client, count)
        except (RedisError, OSError) as error:
            await structlog.get_logger().awarning("counted by this process alone", reason=repr(error))
            return await self._count(self._local, client, count)

    async def _count(self, limiter: SlidingWindowCounterRateLimiter, client: tuple[str, ...], count: bool) -> int:
        if await (limiter.hit if count else limiter.test)(self._limit, *client):
            return 0
        window = await limiter.get_window_stats(self._limit, *client)
        return max(1, math.ceil(window.reset_time - time.time()))

    async def find_problem(self) -> str | None:
        """Why Redis does not answer, for /health; None if it answers or is not used."""
        if self._redis is None:
            return None
        try:
            answers = await self._redis.storage.check()
        except (RedisError, OSError):
            answers = False
        return None if answers else "redis does not answer; each process limits alone"


class _Redis:
    def __init__(self, service: str, url: str, seconds: float) -> None:
        # A pool to close at the end: the storage cannot close one that it creates itself.
        self.pool = ConnectionPool.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds)
        self.storage = RedisStorage(
            f"async+{url}",
            implementation="redispy",
            key_prefix=service,
            connection_pool=self.pool,  # type: ignore[arg-type] # documented, but missing from its types
        )
        self.limiter = SlidingWindowCounterRateLimiter(self.storage)
