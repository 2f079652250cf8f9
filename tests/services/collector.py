"""A collector of OpenTelemetry traces on loopback: OTLP over HTTP."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from services.process import ROOT

SECONDS = 20


@dataclass(frozen=True)
class Span:
    """A span as it was received; ids in hex, `parent` empty for the first of a trace."""

    service: str
    version: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    attributes: dict
    failed: bool


class Collector:
    """What services export while they run with `environment`.

    Attributes:
        received: every body, from which `spans` are read.
    """

    def __init__(self):
        self.received: list[bytes] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    @property
    def environment(self):
        url = f"http://127.0.0.1:{self._server.server_port}"
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "50"}

    def spans(self):
        """Every span so far."""
        return [span for body in self.received for span in _spans(ExportTraceServiceRequest.FromString(body))]

    def wait(self, condition):
        """The spans, as soon as one meets the condition, and those of its trace with it."""
        deadline = time.monotonic() + SECONDS
        while not (met := [span for span in self.spans() if condition(span)]):
            assert time.monotonic() < deadline, self.spans()
            time.sleep(0.05)
        return [span for span in self.spans() if span.trace == met[0].trace]

    def _handler(self):
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
                self.send_response(200 if self.path == "/v1/traces" else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler


def _spans(request):
    for resource in request.resource_spans:
        service = _values(resource.resource.attributes)
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Span(
                    service["service.name"],
                    service.get("service.version", ""),
                    span.name,
                    span.kind,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    _values(span.attributes),
                    span.status.code == span.status.STATUS_CODE_ERROR,
                )


def _values(attributes):
    return {each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value") for each in attributes}


def imported_packages(service, settings, database):
    """The packages of OpenTelemetry that an application without a collector imports: `opentelemetry.trace`, ...

    Args:
        service: its folder.
        settings: what makes its settings, as `module:class`.
    """
    module, _, name = settings.partition(":")
    code = (
        f"import sys; from app.main import create_app; from {module} import {name}; create_app({name}());"
        "print(*(name for name in sys.modules if name.startswith('opentelemetry.')))"
    )
    environment = {"PYTHONPATH": str(ROOT / "backend"), "DATABASE_URL": f"sqlite:///{database}"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, cwd=ROOT / service, capture_output=True, text=True, check=True)
    return set(done.stdout.split())
