"""Spans of the calls to other servers: the backend, Qdrant and the language model."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider


def trace_calls(provider: TracerProvider) -> None:
    """Have each call that httpx makes in this process become a span, whose id it carries on (`traceparent`)."""
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http"  # today's names, which chassis.traces exports
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor  # only now: see chassis.tracing

    HTTPXClientInstrumentor().instrument(tracer_provider=provider)
