"""OpenTelemetry traces, only if the environment names a collector; otherwise their packages are not imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.telemetry import TelemetryConfig

from chassis.settings import ServiceSettings

if TYPE_CHECKING:
    from chassis.traces import Traces

OFF: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def new_traces(service: str, settings: ServiceSettings) -> Traces | None:
    """Create the tracing of a service's requests; None without OTEL_EXPORTER_OTLP_ENDPOINT."""
    if settings.otel_exporter_otlp_endpoint is None:
        return None
    from chassis.traces import Traces  # costs 17 MB and a third of a second

    return Traces(service, settings.release_sha)
