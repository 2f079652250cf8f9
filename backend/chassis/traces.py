"""Export a service's spans: requests, traced by FastAPI, and their SQL statements, without any text of users.

OpenTelemetry's instrumentation of SQLAlchemy does not support 2.1, and exports the messages of database errors.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from fastapi.telemetry import TelemetryConfig
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.semconv.attributes.db_attributes import DB_OPERATION_NAME, DB_QUERY_TEXT, DB_SYSTEM_NAME
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.semconv.attributes.http_attributes import (
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
)
from opentelemetry.semconv.attributes.server_attributes import SERVER_ADDRESS, SERVER_PORT
from opentelemetry.semconv.attributes.service_attributes import SERVICE_NAME, SERVICE_VERSION
from opentelemetry.semconv.attributes.url_attributes import URL_FULL
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, get_current_span
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext, ExecutionContext
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.telemetry import PROBE_PATHS

FLUSH_SECONDS = 5.0  # at shutdown; a collector that does not answer delays a pod no longer
# Not a request's path, which has ids: `http.route` has the template.
EXPORTED_ATTRIBUTES = {
    DB_OPERATION_NAME,
    DB_QUERY_TEXT,
    DB_SYSTEM_NAME,
    ERROR_TYPE,
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
    SERVER_ADDRESS,
    SERVER_PORT,
    URL_FULL,
}


class Traces:
    """Sends one service's spans to the collector, sampled according to the SDK's OTEL_ variables.

    Attributes:
        requests: FastAPI's setting for tracing requests.
    """

    def __init__(self, service: str, version: str) -> None:
        resource = Resource.create({SERVICE_NAME: service, SERVICE_VERSION: version})
        self.provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self.provider.sampler = _RequestSampler(self.provider.sampler)
        self.provider.add_span_processor(BatchSpanProcessor(_Exporter()))
        self.requests: TelemetryConfig = {
            "tracer_provider": self.provider,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
            "exclude": lambda scope: scope.get("path") in PROBE_PATHS,
        }

    async def close(self) -> None:
        """Export the remaining spans."""
        ending = threading.Thread(target=self.provider.shutdown, daemon=True)
        ending.start()
        await asyncio.to_thread(ending.join, FLUSH_SECONDS)

    def trace_statements(self, engine: AsyncEngine) -> None:
        """Make a span of each SQL statement: its text with placeholders, without values."""
        tracer, system = self.provider.get_tracer(__name__), engine.dialect.name
        spans: WeakKeyDictionary[ExecutionContext, Span] = WeakKeyDictionary()

        def begin(*arguments: Any) -> None:
            _, _, statement, _, context, _ = arguments
            operation = next(iter(statement.split(maxsplit=1)), "").upper()
            attributes = {DB_SYSTEM_NAME: system, DB_OPERATION_NAME: operation, DB_QUERY_TEXT: statement}
            spans[context] = tracer.start_span(operation, kind=SpanKind.CLIENT, attributes=attributes)

        def end(*arguments: Any) -> None:
            spans.pop(arguments[4]).end()

        def fail(failure: ExceptionContext) -> None:
            if failure.execution_context and (span := spans.pop(failure.execution_context, None)):
                span.set_attribute(ERROR_TYPE, type(failure.original_exception).__name__)
                span.set_status(StatusCode.ERROR)
                span.end()

        event.listen(engine.sync_engine, "before_cursor_execute", begin)
        event.listen(engine.sync_engine, "after_cursor_execute", end)
        event.listen(engine.sync_engine, "handle_error", fail)


class _RequestSampler(Sampler):
    """Drops spans that belong to no request: of readiness checks, migrations and background tasks."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        *more: Any,
        **by_name: Any,
    ) -> SamplingResult:
        if kind is SpanKind.CLIENT and not get_current_span(parent_context).get_span_context().is_valid:
            return SamplingResult(Decision.DROP)
        return self._sampler.should_sample(parent_context, trace_id, name, kind, *more, **by_name)

    def get_description(self) -> str:
        return f"OfRequests({self._sampler.get_description()})"


class _Exporter(OTLPSpanExporter):
    """Exports only EXPORTED_ATTRIBUTES: no events and no error messages, which may contain users' texts."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return super().export([_redact(span) for span in spans])


def _redact(span: ReadableSpan) -> ReadableSpan:
    attributes = {key: value for key, value in (span.attributes or {}).items() if key in EXPORTED_ATTRIBUTES}
    if url := attributes.get(URL_FULL):
        attributes[URL_FULL] = str(url).partition("?")[0]  # the query has a user's search
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
