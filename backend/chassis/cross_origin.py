"""Refuse changes requested by pages of other sites (cross-site request forgery)."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.problems import SAFE_METHODS, problem

OWN_SITES = {"same-origin", "none"}  # none: started by the user, such as by typing an address


class CrossOriginProtection:
    """ASGI middleware: answers a request that changes something and comes from another origin 403.

    The rules are those of Go's net/http.CrossOriginProtection: `Sec-Fetch-Site` decides, which every browser sends
    over HTTPS and on localhost; without it, `Origin` has to match `Host`. A request with neither is no browser's.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and _is_foreign(Headers(scope=scope)):
            detail = "the request comes from a page of another site"
            await problem(HTTPStatus.FORBIDDEN, detail)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_foreign(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site:
        return site not in OWN_SITES
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc != headers.get("host")
    except ValueError:  # not a URL, such as `http://[`
        return True
