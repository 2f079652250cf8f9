"""Trace the calls to the backend and Qdrant, but not to the language model, which is a third party's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx
    from opentelemetry.sdk.trace import TracerProvider


def trace_calls(provider: TracerProvider, *clients: httpx.AsyncClient) -> None:
    """Make a span of each call of these clients, and propagate its id (`traceparent`)."""
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http"  # the current attribute names, which chassis.traces exports
    from opentelemetry.instrumentation.httpx import (
        HTTPXClientInstrumentor,
    )  # imported only if needed: see chassis.tracing

    for client in clients:
        HTTPXClientInstrumentor.instrument_client(client, tracer_provider=provider)
