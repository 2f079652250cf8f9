"""What each request leaves behind: a log line with a request id, metrics, and an answer when the app fails."""

from __future__ import annotations

import logging
import re
import threading
import time
import uuid

import structlog
from opentelemetry.trace import format_trace_id, get_current_span
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import Processor

from chassis.problems import problem

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")  # anything else from outside could forge log lines
UNEXPECTED = "something went wrong; the request id finds it in the log"
# These log each request, whose query has what a user searches for.
WITH_URLS = ("httpx", "httpcore", "httpx2", "httpcore2", "openai")
QUIET = {"/livez", "/readyz", "/metrics"}  # asked every few seconds; logged only when they fail


def configure_logging(level: str) -> None:
    """JSON lines on standard output, uvicorn's own among them."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for client in WITH_URLS:
        logging.getLogger(client).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))


class Metrics:
    """Counters of one application, in a registry of its own."""

    def __init__(self, service: str, sha: str) -> None:
        self.registry = CollectorRegistry()
        names = ["method", "route", "status"]
        self.requests = Counter("http_requests", "Requests answered.", names, registry=self.registry)
        self.seconds = Histogram(
            "http_request_seconds", "Time to answer.", ["method", "route"], registry=self.registry
        )
        self.active = Gauge("http_requests_active", "Requests being answered.", registry=self.registry)
        build = Gauge("build_info", "What runs.", ["service", "sha"], registry=self.registry)
        build.labels(service, sha).set(1)


class Observation:
    """ASGI middleware: headers in and out, one log line, the metrics, and the last answer of a connection.

    An error that no handler of the application knows is answered here, inside the request's own log context. If it
    went on, the server would close the connection without a word, and a proxy that reuses it would fail another one.

    Plain ASGI, as Starlette's BaseHTTPMiddleware runs each response through a task of its own.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, draining: threading.Event) -> None:
        self.app = app
        self.metrics = metrics
        self.draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        offered = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = offered if REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
        status = 0  # of the answer, once it has begun

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                last = [(b"connection", b"close")] if self.draining.is_set() else []
                own = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]
                message["headers"] = [*message["headers"], *own, *last]
            await send(message)

        started = time.perf_counter()
        known = {"request_id": request_id, **_trace()}
        with self.metrics.active.track_inprogress(), structlog.contextvars.bound_contextvars(**known):
            try:
                await self.app(scope, receive, sending)
            except Exception:
                await structlog.get_logger().aexception("request failed", path=scope["path"])
                if status:  # the answer is cut, and the connection with it: that is all that can be said by now
                    raise
                await problem(500, UNEXPECTED)(scope, receive, sending)
            finally:
                await self._note(scope, status or 500, time.perf_counter() - started)

    async def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")  # the template: paths hold ids, without end
        self.metrics.requests.labels(scope["method"], route, status).inc()
        self.metrics.seconds.labels(scope["method"], route).observe(seconds)
        if scope["path"] not in QUIET or status >= 400:  # noqa: PLR2004
            structlog.get_logger().info(
                "request", method=scope["method"], path=scope["path"], status=status, seconds=round(seconds, 4)
            )


def _trace() -> dict[str, str]:
    """By what the request's spans are found; nothing where it is not traced (chassis.tracing)."""
    span = get_current_span().get_span_context()
    return {"trace_id": format_trace_id(span.trace_id)} if span.is_valid else {}
