"""DigitalOcean's own client, pydo, with errors that say what was asked and what the API answered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from localcloud.providers.errors import ProviderError

Body = dict[str, Any]


class ApiError(ProviderError):
    """The API refused a request.

    Attributes:
        status: HTTP's.
    """

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Client:
    """The API at one endpoint.

    Attributes:
        endpoint: its URL, `https://api.digitalocean.com`.
        token: shown to the API; never part of an error.
        retries: how often a request is sent again after 429, 5xx or a broken connection.
        wait_min, wait_max: seconds before the first of them, which double up to the second.
    """

    endpoint: str
    token: str = field(repr=False)
    retries: int = 4
    wait_min: float = 1.0
    wait_max: float = 30.0
    _made: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    @property
    def pydo(self) -> Any:
        """The client, made at the first request: a preview of a new stack needs none, and its import takes time."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]

    def call(self, operation: Callable[..., Any], *arguments: Any, **options: Any) -> Body:
        """Call one of pydo's operations: `client.call(client.pydo.vpcs.get, identity)`.

        Returns:
            The answer's JSON object; empty where it has no body.

        Raises:
            ApiError: the API's answer is no success; 404 included, which pydo returns as one.
            ProviderError: the API does not answer.
        """
        from azure.core.exceptions import AzureError, HttpResponseError

        attempts = _Attempts()
        try:
            body: Body | None = operation(*arguments, cls=_check_status, raw_response_hook=attempts.count, **options)
        except HttpResponseError as error:
            if error.response is None:
                raise ProviderError(f"{self.endpoint}: {error.message}") from error
            raise _read_error(error.response, attempts.number) from None
        except AzureError as error:
            raise ProviderError(f"{self.endpoint} does not answer: {error.message}") from error
        return body or {}

    def find(self, operation: Callable[..., Any], *arguments: Any, **options: Any) -> Body | None:
        """As `call`, with None for what the API does not have."""
        try:
            return self.call(operation, *arguments, **options)
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def _make(self) -> Any:
        import pydo
        from azure.core.credentials import AzureKeyCredential
        from azure.core.pipeline.policies import AzureKeyCredentialPolicy

        from localcloud.providers.digitalocean.retry import GodoRetryPolicy

        return pydo.Client(
            self.token,
            endpoint=self.endpoint,
            # pydo's own policy refuses to send a token over plain HTTP, which is what the local cloud speaks.
            authentication_policy=AzureKeyCredentialPolicy(
                AzureKeyCredential(self.token), "Authorization", prefix="Bearer"
            ),
            retry_policy=GodoRetryPolicy(self.retries, self.wait_min, self.wait_max),
        )


class _Attempts:
    """How often a request was sent.

    Attributes:
        number: 1 where the first answer was final.
    """

    def __init__(self) -> None:
        self.number = 1

    def count(self, response: Any) -> None:
        """Called by pydo at each answer."""
        self.number = int(response.context.get("retry_count") or 0) + 1


def _check_status(pipeline: Any, body: Body | None, _: Any) -> Body | None:
    response = pipeline.http_response
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise _read_error(response)
    return body


def _read_error(response: Any, attempts: int = 1) -> ApiError:
    """The error of an answer: method, path, status, DigitalOcean's message, the request's id, the attempts."""
    try:
        answer = response.json()
    except ValueError:
        answer = {"message": response.text()[:500]}  # of a proxy, say
    answer = answer if isinstance(answer, dict) else {}
    # Nothing else of the answer: it may hold a password.
    message = answer.get("message") or response.reason
    request_id = answer.get("request_id") or response.headers.get("x-request-id")
    path = response.request.url.partition("://")[2].partition("/")[2].partition("?")[0]
    notes = [f"request {request_id}"] if request_id else []
    notes += [f"given up after {attempts} attempts"] if attempts > 1 else []
    note = f" ({', '.join(notes)})" if notes else ""
    text = f"{response.request.method} /{path}: {response.status_code} {message}{note}"
    return ApiError(text, int(response.status_code))
