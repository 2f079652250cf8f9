"""The emulated account: what it holds, what works for it, and what serves it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from localcloud.api.backends import Backends
from localcloud.api.jobs import Jobs
from localcloud.api.limits import Limits
from localcloud.api.replies import ApiError
from localcloud.api.store import Store

ANSWER_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account.

    Attributes:
        credentials: JSON file of the one cluster of a machine without `backends.clusters`.
        registry_url: of the OCI registry that holds the images where there are no `backends.registry_logins`.
    """

    store: Store
    jobs: Jobs
    limits: Limits
    backends: Backends
    credentials: Path
    registry_url: str

    async def settle(self, kind: str, identity: str) -> None:
        """Have a change carried out before the API answers, where its real counterpart answers when it is done.

        Raises:
            ApiError: 503: it takes too long.
        """
        self.jobs.request(kind, identity, at_once=True)
        if not await run_in_threadpool(self.jobs.wait, kind, identity, ANSWER_SECONDS):
            raise ApiError(503, "The service is still working on an earlier change.")
