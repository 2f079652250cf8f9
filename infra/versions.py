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
MAINTENANCE_IMAGE = "caddy:2.11.7-alpine"
# renovate: datasource=docker depName=busybox
SHELL_IMAGE = "busybox:1.37-musl"
# Not kube-prometheus-stack: docs/adr/0019. Of Prometheus 3.14, Alertmanager 0.34 and kube-state-metrics 2.20.
# renovate: datasource=helm depName=prometheus registryUrl=https://prometheus-community.github.io/helm-charts
PROMETHEUS = Chart("https://prometheus-community.github.io/helm-charts", "prometheus", "29.27.0")
# Of Fluent Bit 5.1.
# renovate: datasource=helm depName=fluent-bit registryUrl=https://fluent.github.io/helm-charts
FLUENT_BIT = Chart("https://fluent.github.io/helm-charts", "fluent-bit", "0.58.1")
