"""Requests at a steady rate to the public host name, and what became of each."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

LONGEST_SECONDS = 900  # it ends by itself
REQUEST_SECONDS = 10.0
OK = "200"


class LoadError(RuntimeError):
    """Requests failed; the text counts them by reason."""


@dataclass
class Load:
    """A bounded load, from entering the context until leaving it.

    Attributes:
        urls: asked in turn, by GET.
        cookies: sent with each request.
        rate: requests a second.
        answers: how many requests had which outcome: a status, or an exception's name.
        lenient: whether requests may fail: they are counted, and are no error.
        failures: when each failed, in seconds of the monotonic clock.
    """

    urls: list[str]
    cookies: Mapping[str, str] = field(default_factory=dict)
    rate: int = 20
    answers: Counter[str] = field(default_factory=Counter)
    lenient: bool = False
    failures: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._over.set()
        if self._thread:
            self._thread.join(60)
        if kind is None:
            self.check()

    def check(self) -> None:
        """Check what was answered so far.

        Raises:
            LoadError: a request failed, or none was made.
        """
        failed = {answer: count for answer, count in self.answers.items() if answer != OK}
        if (failed and not self.lenient) or not self.answers:
            raise LoadError(f"of {self.answers.total()} requests failed: {failed or 'all: none was answered'}")

    @property
    def failed_share(self) -> float:
        """Of all requests."""
        return len(self.failures) / self.answers.total() if self.answers else 0.0

    @property
    def failing_seconds(self) -> float:
        """From the first failed request to the last one."""
        return self.failures[-1] - self.failures[0] if self.failures else 0.0

    def __str__(self) -> str:
        if not self.failures:
            return f"{self.answers.total()} requests, none failed"
        failed = f"{len(self.failures)} failed ({self.failed_share:.1%}), within {self.failing_seconds:.0f} s"
        return f"{self.answers.total()} requests, {failed}"

    async def _run(self) -> None:
        limits = httpx.Limits(max_connections=40, max_keepalive_connections=10)
        # The environment names the authorities to trust, as for every other program.
        context = ssl.create_default_context()
        headers = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        )
        async with httpx.AsyncClient(
            timeout=REQUEST_SECONDS, limits=limits, verify=context, headers=headers
        ) as client:
            running: set[asyncio.Task[None]] = set()
            for number in range(self.rate * LONGEST_SECONDS):
                if self._over.is_set():
                    break
                task = asyncio.create_task(self._ask(client, self.urls[number % len(self.urls)]))
                running.add(task)
                task.add_done_callback(running.discard)
                await asyncio.sleep(1 / self.rate)
            await asyncio.gather(*running)

    async def _ask(self, client: httpx.AsyncClient, url: str) -> None:
        try:
            answer = str((await client.get(url)).status_code)
        except Exception as error:  # noqa: BLE001 - every kind of failure counts
            answer = type(error).__name__
        self.answers[answer] += 1
        if answer != OK:
            self.failures.append(time.monotonic())
