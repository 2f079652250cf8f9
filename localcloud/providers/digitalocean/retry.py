"""When a request is sent again: as godo does, DigitalOcean's client for Go, which the official provider uses.

Azure's policy, which pydo comes with, sends a POST again after some of these only, and never after a broken
connection.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from azure.core.pipeline.policies import RetryPolicy

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


class GodoRetryPolicy(RetryPolicy[Any, Any]):
    """Sends every request again after 429, 5xx (but not 501) and a broken connection.

    It waits as long as `Retry-After` says, and otherwise from `wait_min` seconds on, twice as long each time.

    Args:
        retries: how often, at most.
        wait_min, wait_max: seconds.
    """

    def __init__(self, retries: int, wait_min: float, wait_max: float) -> None:
        super().__init__(retry_total=retries, retry_connect=retries, retry_read=retries, retry_status=retries)
        self._wait_min = wait_min
        self._wait_max = wait_max

    def configure_retries(self, options: dict[str, Any]) -> dict[str, Any]:
        return {**super().configure_retries(options), "methods": METHODS}

    def is_retry(self, settings: dict[str, Any], response: Any) -> bool:
        status = response.http_response.status_code
        again = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED
        return bool(settings["total"]) and (again or status == HTTPStatus.TOO_MANY_REQUESTS)

    def get_backoff_time(self, settings: dict[str, Any]) -> float:
        return float(min(self._wait_max, self._wait_min * 2 ** (len(settings["history"]) - 1)))
