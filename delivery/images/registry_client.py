"""Requests to a container registry that are repeated where the registry may answer later, and never done twice."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from dxf import DXF, DXFBase

from infra.source.registry_login import Login

TIMEOUT_SECONDS = 30.0
PAUSES_SECONDS = (0.5, 1.0, 2.0)  # before each repetition, unless the registry says how long
LONGEST_PAUSE_SECONDS = 60.0  # a registry that wants a longer pause is reported
TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500
READS = {"get", "head"}
LOOPBACK = ("127.0.0.1", "localhost")


class DowngradeError(requests.RequestException):
    """The registry answers over HTTPS, and redirects to HTTP."""


class RegistryClient(DXF):
    """One repository of a registry, by the distribution protocol.

    What only reads is repeated when there is no answer, and for the statuses 429 and 5xx. What writes is repeated
    only for 429: any other failure may have come after the registry did it.

    Args:
        name: with the registry's host: `registry.digitalocean.com/team/backend`.
        login: None: nobody's.
    """

    def __init__(self, name: str, login: Login | None) -> None:
        host, _, path = name.partition("/")
        self._plain = host.rpartition(":")[0] in LOOPBACK
        self._login = login
        authenticate = self._authenticate if login else None
        super().__init__(host, path, auth=authenticate, insecure=self._plain, timeout=TIMEOUT_SECONDS)

    def ask(self, method: str, path: str, **request: Any) -> requests.Response:
        """Send a request below the repository's path, or to an absolute one; the reply is a success.

        Raises:
            requests.RequestException, DXFError: it is not.
        """
        reply: requests.Response = self._request(method, path, **request)  # type: ignore[no-untyped-call]
        return reply

    def _base_request(self, method: str, path: str, **request: Any) -> requests.Response:
        """What every call of dxf goes through."""
        for pause in PAUSES_SECONDS:
            try:
                return self._send(method, path, **request)
            except requests.RequestException as error:
                wait = find_pause(error.response, pause)
                if not _may_repeat(method, request.get("data"), error) or wait > LONGEST_PAUSE_SECONDS:
                    raise
                time.sleep(wait)
        return self._send(method, path, **request)

    def _send(self, method: str, path: str, **request: Any) -> requests.Response:
        reply: requests.Response = super()._base_request(method, path, **request)  # type: ignore[no-untyped-call]
        if not self._plain and reply.url.startswith("http://"):
            raise DowngradeError("it redirects to an address without TLS")
        return reply

    def _authenticate(self, client: DXFBase, response: requests.Response) -> None:
        login = self._login or Login("", "")
        if self._plain:  # dxf refuses to log in without TLS; on loopback nobody listens in
            words = f"{login.username}:{login.password}"
            self._headers = {"Authorization": "Basic " + base64.b64encode(words.encode()).decode()}
        else:
            client.authenticate(login.username, login.password, response=response)


def find_pause(response: requests.Response | None, default: float = 0.0) -> float:
    """Return the seconds to wait before a request is repeated: what `Retry-After` says, or the default."""
    value = "" if response is None else response.headers.get("retry-after", "")
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return default


def _may_repeat(method: str, data: object, error: requests.RequestException) -> bool:
    status = None if error.response is None else error.response.status_code
    if status == TOO_MANY_REQUESTS:
        return data is None or isinstance(data, (str, bytes))  # a stream is read already
    return method in READS and (_is_silence(error) if status is None else status >= SERVER_ERROR)


def _is_silence(error: requests.RequestException) -> bool:
    """Whether there was no answer, or only a part of one."""
    return isinstance(error, (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError))
