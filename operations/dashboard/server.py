"""The server of the status page: on loopback alone, for browsers that ask for it by that name."""

from __future__ import annotations

import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from delivery.outcome import RefusedError
from operations.dashboard.cached_source import CachedSource, read_sources
from operations.dashboard.page import render_logs, render_problem, render_stack
from operations.dashboard.stack_sources import StackSources
from operations.log_line import LogLine

ADDRESS = "127.0.0.1"
# A page of another site may have its own name lead to this address: a browser then sends that name.
HOSTS = (ADDRESS, "localhost")
STYLE = Path(__file__).with_name("style.css")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
PAGE_SECONDS = 1.2  # what takes longer is not on the page yet: it has to be there within two
SOON_SECONDS = 2  # the page is asked for again where a source has not answered yet
REFRESH_SECONDS = 10  # where the reader asks for it: a page that changes by itself is not for everybody (WCAG 2.2.1)
# How long an answer of a source counts.
CLUSTER_SECONDS, STACK_SECONDS, REGISTRY_SECONDS = 5.0, 10.0, 30.0


@dataclass
class Dashboard:
    """The pages of one stack."""

    sources: StackSources
    _logs: dict[str, CachedSource[list[LogLine]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sources = self.sources
        self._parts: dict[str, CachedSource[Any]] = {
            "services": CachedSource(sources.read_services, CLUSTER_SECONDS),
            "maintenance": CachedSource(sources.read_maintenance, CLUSTER_SECONDS),
            "deploys": CachedSource(sources.read_deploys, STACK_SECONDS),
            "releases": CachedSource(sources.read_releases, STACK_SECONDS),
            "outputs": CachedSource(sources.read_outputs, STACK_SECONDS),
            "images": CachedSource(sources.read_images, REGISTRY_SECONDS),
        }

    def create_app(self) -> Starlette:
        """Return the application; it has no request that changes anything."""
        return Starlette(
            routes=[
                Route("/", self.show_stack),
                Route("/logs/{service}", self.show_logs),
                Route("/style.css", lambda _: FileResponse(STYLE, media_type="text/css")),
            ],
            middleware=[
                Middleware(BaseHTTPMiddleware, dispatch=_add_headers),
                Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS)),
            ],
            exception_handlers={404: self._refuse_path},
        )

    def show_stack(self, request: Request) -> Response:
        """The page of the stack."""
        readings = read_sources(self._parts, PAGE_SECONDS)
        refresh = _read_refresh(request)
        text = render_stack(self.sources.stack, readings, refresh=refresh)
        return _answer(text, SOON_SECONDS if any(each.is_pending for each in readings.values()) else refresh)

    def show_logs(self, request: Request) -> Response:
        """The last lines of a service."""
        service, ends = request.path_params["service"], time.monotonic() + PAGE_SECONDS
        reading = read_sources({"": self._parts["services"]}, PAGE_SECONDS)[""]
        if reading.value is not None:
            if service not in {each.name for each in reading.value}:  # the cluster is not asked for any name at all
                return self._refuse(f"{self.sources.stack} has no service {service}.")
            reading = read_sources({"": self._find_log(service)}, ends - time.monotonic())[""]
        refresh = _read_refresh(request)
        text = render_logs(self.sources.stack, service, reading, refresh=refresh)
        return _answer(text, SOON_SECONDS if reading.is_pending else refresh)

    def _find_log(self, service: str) -> CachedSource[list[LogLine]]:
        if service not in self._logs:
            self._logs[service] = CachedSource(lambda: self.sources.read_lines(service), CLUSTER_SECONDS)
        return self._logs[service]

    async def _refuse_path(self, request: Request, _: Exception) -> Response:
        return self._refuse(f"There is no page {request.url.path}.")

    def _refuse(self, text: str) -> Response:
        return HTMLResponse(render_problem(self.sources.stack, "No such page", text), 404)


def serve(sources: StackSources, port: int, say: Callable[[str], None]) -> None:
    """Serve the pages until this process is ended.

    Args:
        port: of loopback; 0: a free one.
        say: gets the URL.

    Raises:
        RefusedError: the port is in use.
    """
    with listen(port) as listener:
        say(f"http://{ADDRESS}:{listener.getsockname()[1]}")
        app = Dashboard(sources).create_app()
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        uvicorn.Server(config).run([listener])


def listen(port: int) -> socket.socket:
    """Take a port of loopback; 0: a free one.

    Raises:
        RefusedError: it is in use.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # after a restart, it is free at once
    try:
        listener.bind((ADDRESS, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise RefusedError(f"--port: {ADDRESS}:{port} cannot be used: {error.strerror}; take another one") from error
    return listener


async def _add_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    response.headers.update(HEADERS)
    return response


def _read_refresh(request: Request) -> int | None:
    return REFRESH_SECONDS if "refresh" in request.query_params else None


def _answer(text: str, refresh: int | None) -> Response:
    return HTMLResponse(text, headers={} if refresh is None else {"Refresh": str(refresh)})
