"""Smoke tests of a service from outside, as its users reach it: what its own `verify` says, ready, and safe."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx

from delivery.redaction import redacted
from delivery.verification.json_comparison import find_differences, show_value
from infra.config.verification import Verification, VerifiedRequest, VersionRequest

READINESS = "/readyz"
REQUEST_SECONDS = 15.0
SHORTEST_VALIDITY = timedelta(days=14)  # DigitalOcean renews 30 days before the end: 14 means that it does not
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
HTTPS_PORT = 443


class CheckError(Exception):
    """A check's answer is not what it must be."""


@dataclass(frozen=True)
class Check:
    """What became of one check; `detail` says what was seen."""

    name: str
    passed: bool
    detail: str


def smoke(
    url: str, verification: Verification, *, readiness: str | None = READINESS, tag: str | None = None
) -> list[Check]:
    """Every check of one service, each tried whatever became of the one before.

    Args:
        url: of the service, `https://api.example.com`; plain HTTP only on loopback.
        verification: what the service wants verified; its journey is `delivery.verification.journey`'s.
        readiness: the path that answers 200 when the service is ready; None: it has none, and that is not checked.
        tag: what the service must run, if that is to be checked and it says its version.
    """
    with httpx.Client(base_url=url.rstrip("/"), timeout=REQUEST_SECONDS) as client:
        return [_check(name, check, client) for name, check in _checks(verification, readiness, tag)]


def read_version(client: httpx.Client, version: VersionRequest) -> Any:
    """What a service says that it runs.

    Raises:
        CheckError: it answers something else, or the answer has no such key.
        httpx.HTTPError: it does not answer.
    """
    reply = client.get(version.path)
    _expect_status(reply, httpx.codes.OK)
    found = content = _read_json(reply)
    for key in version.key.split("."):
        if not isinstance(found, dict) or key not in found:
            raise CheckError(f"GET {version.path}: expected the key {version.key}, answered {show_value(content)}")
        found = found[key]
    return found


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
    except (httpx.HTTPError, OSError, ValueError) as error:
        return Check(name, passed=False, detail=redacted(f"{type(error).__name__}: {error}"))


def _ask(client: httpx.Client, request: VerifiedRequest) -> str:
    reply = client.request(request.method, request.path)
    _expect_status(reply, request.status)
    differences = [*_compare_headers(request, reply)]
    if request.content is not None:
        differences += find_differences(request.content, _read_json(reply))
    if differences:
        raise CheckError(f"{request.method} {request.path}: {'; '.join(differences)}")
    return f"{request.path} answers {reply.status_code}"


def _compare_headers(request: VerifiedRequest, reply: httpx.Response) -> Iterator[str]:
    for name, expected in request.headers.items():
        if (answered := reply.headers.get(name)) != expected:
            yield f"expected {_show_header(name, expected)}, answered {_show_header(name, answered)}"


def _show_header(name: str, value: str | None) -> str:
    return f"no header {name}" if value is None else f"{name}: {value}"


def _compare_version(client: httpx.Client, version: VersionRequest, tag: str) -> str:
    if (runs := read_version(client, version)) != tag:
        raise CheckError(f"GET {version.path}: expected {version.key} {tag}, the release's, answered {runs}")
    return f"runs {tag}"


def _tls(client: httpx.Client) -> str:
    url = client.base_url
    if url.scheme != "https":
        if url.host in LOOPBACK:
            return "none on loopback"
        raise CheckError(f"{url} is plain HTTP; serve it by HTTPS")
    ends = _certificate_end(url.host, url.port or HTTPS_PORT)
    if ends - datetime.now(UTC) < SHORTEST_VALIDITY:
        raise CheckError(f"the certificate ends on {ends:%Y-%m-%d}: `doctl compute certificate list` has its state")
    plain = httpx.get(f"http://{url.host}/", timeout=REQUEST_SECONDS, follow_redirects=False)
    if not plain.is_redirect or not plain.headers["location"].startswith("https://"):
        raise CheckError(f"http://{url.host}/ answers {plain.status_code} instead of leading to HTTPS")
    return f"certificate valid until {ends:%Y-%m-%d}, HTTP leads to HTTPS"


def _certificate_end(host: str, port: int) -> datetime:
    with (
        socket.create_connection((host, port), timeout=REQUEST_SECONDS) as connection,
        ssl.create_default_context().wrap_socket(connection, server_hostname=host) as secured,
    ):
        certificate: dict[str, Any] = secured.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def _read_json(reply: httpx.Response) -> Any:
    try:
        return reply.json()
    except ValueError:
        kind = reply.headers.get("content-type", "content without a type")
        raise CheckError(f"{_describe(reply)}: expected JSON, answered {kind}") from None


def _expect_status(reply: httpx.Response, status: int) -> None:
    if reply.status_code != status:
        raise CheckError(f"{_describe(reply)}: expected status {int(status)}, answered {reply.status_code}")


def _describe(reply: httpx.Response) -> str:
    return f"{reply.request.method} {reply.request.url.raw_path.decode()}"
