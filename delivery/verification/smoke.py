"""Smoke tests of a service from outside, as its users reach it: what its own `verify` says, ready, and safe."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

import httpx

from delivery.redaction import redacted
from delivery.verification.json_comparison import find_differences, show_text, show_value
from infra.config.verification import Verification, VerifiedRequest, VersionRequest

READINESS = "/readyz"
REQUEST_SECONDS = 15.0
SHORTEST_VALIDITY = timedelta(days=14)  # DigitalOcean renews 30 days before the end: 14 means that it does not
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
HTTPS_PORT = 443
REDIRECTS = range(300, 400)
LARGEST_BYTES = 1_000_000  # of an answer that is read; what says a version is some hundred


class CheckError(Exception):
    """A check's answer is not what it must be."""


@dataclass(frozen=True)
class Answer:
    """What a service answers to one request.

    Attributes:
        request: `GET /version`, for errors.
    """

    request: str
    status: int
    headers: httpx.Headers
    content: bytes

    def read_json(self) -> Any:
        """The content.

        Raises:
            CheckError: it is no JSON.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):  # not UTF-8, not JSON, or thousands of lists in each other
            kind = show_text(self.headers.get("content-type", "content without a type"))
            raise CheckError(f"{self.request}: expected JSON, answered {kind}") from None

    def expect_status(self, status: int) -> None:
        """Nothing, if the answer has this status.

        Raises:
            CheckError: it has another.
        """
        if self.status != status:
            raise CheckError(f"{self.request}: expected status {int(status)}, answered {self.status}")


@dataclass(frozen=True)
class Check:
    """What became of one check; `detail` says what was seen."""

    name: str
    passed: bool
    detail: str


def run_smoke_tests(
    url: str,
    verification: Verification,
    *,
    readiness: str | None = READINESS,
    tag: str | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> list[Check]:
    """Every check of one service, each tried whatever became of the one before.

    Args:
        url: of the service, `https://api.example.com`; plain HTTP only on loopback.
        verification: what the service wants verified; its journey is `delivery.verification.journey`'s.
        readiness: the path that answers 200 when the service is ready; None: it has none, and that is not checked.
        tag: what the service must run, if that is to be checked and it says its version.
        headers: of each request.
    """
    try:
        client = httpx.Client(base_url=url.rstrip("/"), timeout=REQUEST_SECONDS, headers=dict(headers))
    except (httpx.InvalidURL, ValueError) as error:
        return [Check("URL", passed=False, detail=f"{show_text(url)} is no URL: {error}")]
    with client:
        return [_check(name, check, client) for name, check in _checks(verification, readiness, tag)]


def read_version(client: httpx.Client, version: VersionRequest) -> Any:
    """What a service says that it runs.

    Raises:
        CheckError: it answers something else, or the answer has no such key.
        httpx.HTTPError: it does not answer.
    """
    answer = fetch(client, "GET", version.path)
    answer.expect_status(httpx.codes.OK)
    found = content = answer.read_json()
    for key in version.key.split("."):
        if not isinstance(found, dict) or key not in found:
            raise CheckError(f"GET {version.path}: expected the key {version.key}, answered {show_value(content)}")
        found = found[key]
    return found


def fetch(client: httpx.Client, method: str, path: str) -> Answer:
    """Ask once. A service that sends byte after byte is not waited for longer than one that sends nothing.

    Raises:
        CheckError: the answer is too large, or not all there in time.
        httpx.HTTPError: there is no answer.
    """
    deadline, content = time.monotonic() + REQUEST_SECONDS, bytearray()
    with client.stream(method, path) as reply:
        request = f"{method} {reply.request.url.raw_path.decode()}"
        for chunk in reply.iter_bytes():
            content += chunk
            if len(content) > LARGEST_BYTES:
                raise CheckError(f"{request}: answered more than {LARGEST_BYTES} bytes")
            if time.monotonic() > deadline:
                raise CheckError(f"{request}: the answer was not complete after {REQUEST_SECONDS:.0f} s")
        return Answer(request, reply.status_code, reply.headers, bytes(content))


def _checks(
    verification: Verification, readiness: str | None, tag: str | None
) -> Iterator[tuple[str, Callable[[httpx.Client], str]]]:
    if readiness is not None:
        yield "ready", partial(_ask, request=VerifiedRequest(path=readiness))
    for request in verification.requests:
        yield f"{request.method} {request.path}", partial(_ask, request=request)
    if verification.version is not None and tag is not None:
        yield "version", partial(_compare_version, version=verification.version, tag=tag)
    yield "TLS", _tls


def _check(name: str, check: Callable[[httpx.Client], str], client: httpx.Client) -> Check:
    try:
        return Check(name, passed=True, detail=check(client))
    except CheckError as error:
        return Check(name, passed=False, detail=redacted(str(error)))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, RecursionError) as error:
        return Check(name, passed=False, detail=redacted(f"{type(error).__name__}: {error}"))


def _ask(client: httpx.Client, request: VerifiedRequest) -> str:
    answer = fetch(client, request.method, request.path)
    answer.expect_status(request.status)
    differences = [*_compare_headers(request, answer)]
    if request.content is not None:
        differences += find_differences(request.content, answer.read_json())
    if differences:
        raise CheckError(f"{request.method} {request.path}: {'; '.join(differences)}")
    return f"{request.path} answers {answer.status}"


def _compare_headers(request: VerifiedRequest, answer: Answer) -> Iterator[str]:
    for name, expected in request.headers.items():
        if (answered := answer.headers.get(name)) != expected:
            yield f"expected {_show_header(name, expected)}, answered {_show_header(name, answered)}"


def _show_header(name: str, value: str | None) -> str:
    return f"no header {name}" if value is None else f"{name}: {show_text(value)}"


def _compare_version(client: httpx.Client, version: VersionRequest, tag: str) -> str:
    if (runs := read_version(client, version)) != tag:
        raise CheckError(f"GET {version.path}: expected {version.key} {tag}, the release's, answered {_show(runs)}")
    return f"runs {tag}"


def _show(runs: Any) -> str:
    return show_text(runs) if isinstance(runs, str) else show_value(runs)


def _tls(client: httpx.Client) -> str:
    url = client.base_url
    if url.scheme != "https":
        if url.host in LOOPBACK:
            return "none on loopback"
        raise CheckError(f"{url} is plain HTTP; serve it by HTTPS")
    ends = _certificate_end(url.host, url.port or HTTPS_PORT)
    if ends - datetime.now(UTC) < SHORTEST_VALIDITY:
        raise CheckError(f"the certificate ends on {ends:%Y-%m-%d}: `doctl compute certificate list` has its state")
    plain_url = url.copy_with(scheme="http", port=None, raw_path=b"/")
    with httpx.stream("GET", plain_url, timeout=REQUEST_SECONDS, follow_redirects=False) as plain:
        leads_to, status = plain.headers.get("location", ""), plain.status_code
    if status not in REDIRECTS or not leads_to.startswith("https://"):
        raise CheckError(f"{plain_url} answers {status} instead of leading to HTTPS")
    return f"certificate valid until {ends:%Y-%m-%d}, HTTP leads to HTTPS"


def _certificate_end(host: str, port: int) -> datetime:
    with (
        socket.create_connection((host, port), timeout=REQUEST_SECONDS) as connection,
        ssl.create_default_context().wrap_socket(connection, server_hostname=host) as secured,
    ):
        certificate: dict[str, Any] = secured.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
