"""Requests at a steady rate, and what became of each."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from dataclasses import dataclass, field

import httpx

from tests.cluster.user import sign_up

LONGEST_SECONDS = 300


@dataclass
class Load:
    """A bounded load: `rate` requests a second, a user's write among ten, from entering to leaving the context.

    There are no writes where it begins with a release from before there were users: later ones would refuse them.
    """

    url: str
    rate: int = 50
    answers: Counter[str] = field(default_factory=Counter)
    versions: list[str] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self):
        self.cookies = sign_up(self.url)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join(60)

    @property
    def failures(self) -> dict[str, int]:
        return {answer: count for answer, count in self.answers.items() if answer not in {"200", "201"}}

    async def _run(self) -> None:
        limits = httpx.Limits(max_connections=50, max_keepalive_connections=20)
        async with httpx.AsyncClient(base_url=self.url, timeout=10, limits=limits, cookies=self.cookies) as client:
            running: set[asyncio.Task] = set()
            for number in range(self.rate * LONGEST_SECONDS):
                if self._over.is_set():
                    break
                task = asyncio.create_task(self._ask(client, number))
                running.add(task)
                task.add_done_callback(running.discard)
                await asyncio.sleep(1 / self.rate)
            await asyncio.gather(*running)

    async def _ask(self, client: httpx.AsyncClient, number: int) -> None:
        try:
            if number % 10 == 0 and self.cookies:
                reply = await client.post("/todos", json={"title": f"load {number}", "completed": True})
            else:
                reply = await client.get("/version")
                sha = reply.json()["sha"]
                if not self.versions or self.versions[-1] != sha:
                    self.versions.append(sha)
        except Exception as error:  # noqa: BLE001 - every kind of failure is one the test is about
            self.answers[type(error).__name__] += 1
        else:
            self.answers[str(reply.status_code)] += 1
