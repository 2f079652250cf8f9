"""A connection to DigitalOcean's API with one token: calls, pages, and what answers must have."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter

from delivery.outcome import DeliveryError, MissingError, UnreachableError
from infra.source.registry_login import TOKENS, is_temporary

API = "https://api.digitalocean.com"
TOKEN = "DIGITALOCEAN_TOKEN"  # noqa: S105 - the name of a variable
# Reads staging's registry during a promotion; prod's own token belongs to another account.
SOURCE_TOKEN = "STAGING_REGISTRY_TOKEN"  # noqa: S105 - the name of a variable
TIMEOUT_SECONDS = 30.0
RETRIES = 3
PAUSES_SECONDS = (1.0, 2.0, 4.0)  # before a question is asked again that was not answered for the moment
PAGE = 100
UNAUTHENTICATED, FORBIDDEN, NOT_FOUND = 401, 403, 404
MOST_PAGES = 1000  # of a list: more are an API that begins anew
SHOWN = 200  # characters of an answer that is something else, in an error

Entry = TypeVar("Entry", bound=BaseModel)


class NotFoundError(DeliveryError):
    """The account has no such thing."""


class _Links(BaseModel):
    pages: dict[str, str] | None = None


class Connection:
    """The API, with a token.

    Args:
        variable: of the environment, that holds the token.
        endpoint: of the API; None: DIGITALOCEAN_API_URL, or else the public one.

    Raises:
        MissingError: no token.
    """

    def __init__(self, variable: str, endpoint: str | None) -> None:
        names = TOKENS if variable == TOKEN else (variable,)
        token = next(filter(None, map(os.environ.get, names)), None)
        if not token:
            raise MissingError(f"{variable} is not set")
        self._variable = variable
        self._http = httpx.Client(
            base_url=endpoint or os.environ.get("DIGITALOCEAN_API_URL", API),
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
            transport=httpx.HTTPTransport(retries=RETRIES),
        )

    def close(self) -> None:
        self._http.close()

    def list_pages(self, path: str, key: str, entry: type[Entry]) -> Iterator[Entry]:
        """Every entry of a list, which each page has under `key`.

        Raises:
            DeliveryError: a page is something else, or the list has no end; as `call`.
        """
        for page in range(1, MOST_PAGES + 1):
            reply = self.call("GET", path, params={"page": page, "per_page": PAGE})
            content = parse(reply, key, list[entry] | None)  # type: ignore[valid-type]
            yield from content or ()
            links = parse(reply, "links", _Links | None, optional=True)
            if links is None or not (links.pages or {}).get("next"):
                return
        raise DeliveryError(f"DigitalOcean's list {path} has no end after {MOST_PAGES} pages")

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The reply, of whatever status.

        Raises:
            UnreachableError: there is none.
        """
        try:
            return self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise UnreachableError(f"DigitalOcean does not answer {method} {path}: {error}") from error

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The reply of a call that succeeded; one that reads is repeated if the API does not answer for the moment.

        Raises:
            MissingError: the token is not valid, or lacks the right.
            NotFoundError, UnreachableError, DeliveryError.
        """
        reply = self.ask(method, path, **request)
        for pause in PAUSES_SECONDS if method == "GET" else ():
            if not is_temporary(reply):
                break
            time.sleep(pause)
            reply = self.ask(method, path, **request)
        message = f"DigitalOcean answers {reply.status_code} to {method} {path}"
        if reply.status_code == UNAUTHENTICATED:
            raise MissingError(
                f"{message}: {self._variable} is mistyped, revoked or expired (docs/runbook.md, 'Expired token')"
            )
        if reply.status_code == FORBIDDEN:
            raise MissingError(f"{message}: {self._variable} lacks the right")
        if reply.status_code == NOT_FOUND:
            raise NotFoundError(message)
        if is_temporary(reply):
            raise UnreachableError(f"{message}: {reply.text[:SHOWN]}")
        if reply.is_error:
            raise DeliveryError(f"{message}: {reply.text[:SHOWN]}")
        return reply


def parse(reply: httpx.Response, key: str, kind: Any, *, optional: bool = False) -> Any:
    """What an answer has under a key.

    Args:
        optional: whether the key may be absent, which is None then.

    Raises:
        DeliveryError: it is something else.
    """
    try:
        content = reply.json()
        return TypeAdapter(kind).validate_python(content.get(key) if optional else content[key])
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:  # ValidationError among them
        begin = " ".join(reply.text[:SHOWN].split())
        raise DeliveryError(
            f"DigitalOcean's answer to {reply.request.url.path} has no {key} as expected; it begins with {begin!r}"
        ) from error
