"""Wait for the cloud: look often at first, then every three seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from http import HTTPStatus

from localcloud.providers.digitalocean.client import ApiError
from localcloud.providers.errors import ProviderError

# Seconds between two looks. The official provider's are all ten: what is made here takes less than that to be ready.
FIRST, LAST, GROWTH = 0.1, 3.0, 1.5


def wait_until(ready: Callable[[], bool], timeout: float, problem: str) -> None:
    """Look until it is ready.

    Args:
        timeout: seconds.
        problem: what to say when they are over.

    Raises:
        ProviderError: it did not become ready, or a look failed.
    """
    deadline, pause = time.monotonic() + timeout, FIRST
    while not ready():
        left = deadline - time.monotonic()
        if left <= 0:
            raise ProviderError(f"{problem} within {timeout:g} s")
        time.sleep(min(pause, left))
        pause = min(pause * GROWTH, LAST)


def delete_when_unused(delete: Callable[[], object], timeout: float, statuses: Collection[int]) -> None:
    """Delete what the API refuses to delete for as long as something uses it.

    Args:
        timeout: seconds.
        statuses: of answers that say so.

    Raises:
        ApiError: the last refusal, or another error.
    """
    deadline, pause = time.monotonic() + timeout, FIRST
    while True:
        try:
            delete()
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return
            left = deadline - time.monotonic()
            if error.status not in statuses:
                raise
            if left <= 0:
                text = f"{error}; something still used it after {timeout:g} s: delete that first"
                raise ApiError(text, error.status) from error
            time.sleep(min(pause, left))
            pause = min(pause * GROWTH, LAST)
        else:
            return
