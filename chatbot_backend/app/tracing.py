"""Spans of the calls to the backend and Qdrant; the language model is somebody else's, and learns of no trace."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx
    from opentelemetry.sdk.trace import TracerProvider


def trace_calls(provider: TracerProvider, *clients: httpx.AsyncClient) -> None:
    """Have each call of these clients become a span, whose id it carries on (`traceparent`)."""
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http"  # today's names, which chassis.traces exports
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor  # only now: see chassis.tracing

    for client in clients:
        HTTPXClientInstrumentor.instrument_client(client, tracer_provider=provider)
