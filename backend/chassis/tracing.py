"""OpenTelemetry traces: off, and their packages not imported, unless the environment names a collector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.telemetry import TelemetryConfig

from chassis.settings import ServiceSettings

if TYPE_CHECKING:
    from chassis.traces import Traces

OFF: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def new_traces(service: str, settings: ServiceSettings) -> Traces | None:
    """What traces the requests of a service; None without OTEL_EXPORTER_OTLP_ENDPOINT."""
    if settings.otel_exporter_otlp_endpoint is None:
        return None
    from chassis.traces import Traces  # 17 MB, and a third of a second, that most do without

    return Traces(service, settings.release_sha)
