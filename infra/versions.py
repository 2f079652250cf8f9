"""Every chart the program installs, and every image that commands start beside the services', each once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chart:
    """A chart of a public Helm repository, at one version."""

    repository: str
    name: str
    version: str


# Supports Kubernetes 1.31 and newer: its 0.8 line, which is the current one. DOKS has no metrics-server of its own.
# renovate: datasource=helm depName=metrics-server registryUrl=https://kubernetes-sigs.github.io/metrics-server
METRICS_SERVER = Chart("https://kubernetes-sigs.github.io/metrics-server", "metrics-server", "3.13.0")

# renovate: datasource=docker depName=caddy
MAINTENANCE_IMAGE = "caddy:2.11-alpine"
# renovate: datasource=docker depName=busybox
SHELL_IMAGE = "busybox:1.37-musl"
