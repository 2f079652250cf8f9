"""Smoke tests of a service from outside, as its users reach it: ready, the right version, useful, and safe."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

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


def smoke(url: str, *, tag: str | None = None, todos: bool = True) -> list[Check]:
    """Every check of one service, each tried whatever became of the one before.

    Args:
        url: of the service, `https://todo.example.com`; plain HTTP only on loopback.
        tag: what `/version` must say, if that is to be checked.
        todos: whether the service keeps todos; the one that is made here is removed.
    """
    checks: list[tuple[str, Callable[[httpx.Client], str]]] = [("ready", _ready)]
    if tag is not None:
        checks.append(("version", lambda client: _version(client, tag)))
    if todos:
        checks.append(("todo round trip", _todo_round_trip))
    checks += [("TLS", _tls), ("headers", _headers)]
    with httpx.Client(base_url=url.rstrip("/"), timeout=REQUEST_SECONDS) as client:
        return [_checked(name, check, client) for name, check in checks]


def _checked(name: str, check: Callable[[httpx.Client], str], client: httpx.Client) -> Check:
    try:
        return Check(name, passed=True, detail=check(client))
    except CheckError as error:
        return Check(name, passed=False, detail=str(error))
    except (httpx.HTTPError, OSError, ValueError, KeyError, TypeError) as error:
        return Check(name, passed=False, detail=f"{type(error).__name__}: {error}")


def _ready(client: httpx.Client) -> str:
    _expect(client.get("/readyz"), httpx.codes.OK)
    return "/readyz answers 200"


def _version(client: httpx.Client, tag: str) -> str:
    runs = _json(client.get("/version"), httpx.codes.OK)["sha"]
    if runs != tag:
        raise CheckError(f"runs {runs}, and the release is {tag}")
    return f"runs {tag}"


def _todo_round_trip(client: httpx.Client) -> str:
    title = f"smoke {uuid4()}"
    todo = _json(client.post("/todos", json={"title": title}), httpx.codes.CREATED)
    path = f"/todos/{todo['id']}"
    try:
        done = _json(client.patch(path, json={"completed": True}), httpx.codes.OK)
        if (done["title"], done["completed"]) != (title, True):
            raise CheckError(f"completing {title!r} answered {done}")
        if _json(client.get(path), httpx.codes.OK) != done:
            raise CheckError("what was written is not what is read")
    finally:
        removed = client.delete(path)
    _expect(removed, httpx.codes.NO_CONTENT)
    _expect(client.get(path), httpx.codes.NOT_FOUND)
    return "made, completed, read and removed one"


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


def _headers(client: httpx.Client) -> str:
    """A browser may not guess types, and learns nothing of the server's software and version."""
    headers = client.get("/readyz").headers
    if headers.get("x-content-type-options") != "nosniff":
        raise CheckError("X-Content-Type-Options is not nosniff")
    if any(character.isdigit() for character in headers.get("server", "")):
        raise CheckError(f"Server reveals a version: {headers['server']}")
    return "types are not guessed, no version revealed"


def _json(reply: httpx.Response, status: int) -> Any:
    _expect(reply, status)
    return reply.json()


def _expect(reply: httpx.Response, status: int) -> None:
    if reply.status_code != status:
        request = reply.request
        raise CheckError(f"{request.method} {request.url.path} answers {reply.status_code}, not {int(status)}")
