"""Telemetry of each request: a log line with a request id, and metrics; and the answer to unexpected errors."""

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

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")  # other values from outside could forge log lines
UNEXPECTED = "something went wrong; the request id finds it in the log"
# These log each request's URL, whose query has a user's search.
URL_LOGGING_CLIENTS = ("httpx", "httpcore", "httpx2", "httpcore2", "openai")
PROBE_PATHS = {"/livez", "/readyz", "/metrics"}  # requested every few seconds; logged only if they fail


def configure_logging(level: str) -> None:
    """Log JSON lines, uvicorn's own included."""
    shared_processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared_processors, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared_processors,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for client in URL_LOGGING_CLIENTS:
        logging.getLogger(client).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))


class Metrics:
    """One application's metrics, in a separate registry."""

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


class TelemetryMiddleware:
    """ASGI middleware: request ids, response headers, log lines, metrics, and closing connections on shutdown.

    It answers errors that the application does not handle, inside the request's log context. Otherwise the server
    would close the connection without an answer, and a proxy that reuses the connection would fail another request.

    Plain ASGI, as Starlette's BaseHTTPMiddleware runs each response in another task.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, draining: threading.Event) -> None:
        self.app = app
        self.metrics = metrics
        self.draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        client_request_id = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = client_request_id if REQUEST_ID.fullmatch(client_request_id) else uuid.uuid4().hex
        status = 0  # of the answer, once it has begun

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                closing_header = [(b"connection", b"close")] if self.draining.is_set() else []
                own_headers = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]
                message["headers"] = [*message["headers"], *own_headers, *closing_header]
            await send(message)

        start = time.perf_counter()
        log_context = {"request_id": request_id, **_trace()}
        with self.metrics.active.track_inprogress(), structlog.contextvars.bound_contextvars(**log_context):
            try:
                await self.app(scope, receive, send_with_headers)
            except Exception:
                await structlog.get_logger().aexception("request failed", path=scope["path"])
                if status:  # the answer has begun: all that is left is to close the connection
                    raise
                await problem(500, UNEXPECTED)(scope, receive, send_with_headers)
            finally:
                await self._record(scope, status or 500, time.perf_counter() - start)

    async def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(
            scope.get("route"), "path", "unknown"
        )  # the template: paths have ids, and would make endless metrics
        self.metrics.requests.labels(scope["method"], route, status).inc()
        self.metrics.seconds.labels(scope["method"], route).observe(seconds)
        if scope["path"] not in PROBE_PATHS or status >= 400:  # noqa: PLR2004
            structlog.get_logger().info(
                "request", method=scope["method"], path=scope["path"], status=status, seconds=round(seconds, 4)
            )


def _trace() -> dict[str, str]:
    """The request's trace id for its log lines; empty if it is not traced (chassis.tracing)."""
    span = get_current_span().get_span_context()
    return {"trace_id": format_trace_id(span.trace_id)} if span.is_valid else {}
