"""How much an account may have, and how often each token may ask."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from fastapi import APIRouter, Request

from localcloud.api.replies import ApiError, json_body
from localcloud.api.store import Document, Store

# Requests an hour and a minute for each token: docs.digitalocean.com/reference/api/digitalocean, "Rate limit".
# Droplets: of a new team; an account's own is in GET /v2/account.
DEFAULTS = {"hourly": 5000, "minute": 250, "droplets": 25}
HOUR, MINUTE = 3600, 60


class Limits:
    """The limits, which a control route changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._asked: dict[str, deque[float]] = {}

    def current(self) -> Document:
        """The limits by name."""
        return {**DEFAULTS, **(self._store.get("limits", "limits") or {})}

    def count(self, token: str) -> dict[str, str]:
        """Count a request of a token.

        Returns:
            the headers that tell how many are left.

        Raises:
            ApiError: 429, with those headers and Retry-After.
        """
        limits, at = self.current(), time.time()
        with self._lock:
            asked = self._asked.setdefault(token, deque())
            while asked and asked[0] <= at - HOUR:
                asked.popleft()
            recent = [then for then in asked if then > at - MINUTE] if len(asked) >= limits["minute"] else []
            left = limits["hourly"] - len(asked)
            full_until = asked[0] + HOUR if left <= 0 else 0.0
            if len(recent) >= limits["minute"]:
                full_until = max(full_until, recent[-limits["minute"]] + MINUTE)
            if full_until <= at:
                asked.append(at)
                left -= 1
            reset = asked[0] + HOUR if asked else at + HOUR
        headers = {
            "ratelimit-limit": str(limits["hourly"]),
            "ratelimit-remaining": str(max(left, 0)),
            "ratelimit-reset": str(int(reset)),
        }
        if full_until > at:
            seconds = max(1, round(full_until - at + 0.5))
            raise ApiError(429, "API rate limit exceeded.", {**headers, "Retry-After": str(seconds)})
        return headers

    def router(self) -> APIRouter:
        routes = APIRouter(prefix="/_emulator/limits")

        @routes.get("")
        async def read() -> dict[str, Any]:
            return {"limits": self.current()}

        @routes.put("")
        async def update(request: Request) -> dict[str, Any]:
            sent = await json_body(request)
            for name, value in sent.items():
                if name not in DEFAULTS or type(value) is not int or value < 0:
                    raise ApiError(422, f"{name}: {value!r}; the limits are {', '.join(DEFAULTS)}, whole numbers")
            self._store.put("limits", "limits", {**self.current(), **sent})
            return {"limits": self.current()}

        return routes
