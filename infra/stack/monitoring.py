"""What watches the cluster, the databases and the services, and where logs go."""

from __future__ import annotations

from infra.components.database import Database
from infra.components.log_forwarding import LogForwarding, LogForwardingArgs
from infra.components.monitoring import Monitoring, MonitoringArgs
from infra.components.prometheus import Prometheus, PrometheusArgs
from infra.config.secrets import SLACK_URL, StackSecrets
from infra.stack.databases import managed_ids
from infra.stack.platform import Platform
from infra.stack.stack import Stack


def declare_monitoring(
    stack: Stack, platform: Platform, databases: dict[str, Database], secrets: StackSecrets
) -> None:
    """Declare what DigitalOcean watches, where somebody hears of it."""
    settings = stack.settings
    if not settings.alerts.has_receivers:
        return
    Monitoring(
        "monitoring",
        MonitoringArgs(
            naming=stack.naming,
            settings=settings.alerts,
            slack_url=secrets.alerts.get(SLACK_URL),
            services=list(settings.services.values()),
            cluster_id=platform.cluster_id,
            load_balancer_id=platform.ingress.load_balancer_id if platform.ingress else None,
            databases=managed_ids(databases),
        ),
    )


def declare_cluster_monitoring(
    stack: Stack, platform: Platform, databases: dict[str, Database], secrets: StackSecrets
) -> None:
    """Declare what watches the services from inside the cluster, and what sends their logs away."""
    settings, naming = stack.settings, stack.naming
    if settings.addons.prometheus:
        Prometheus(
            "prometheus",
            PrometheusArgs(
                naming=naming,
                settings=settings.alerts,
                secrets=secrets.alerts,
                namespace=settings.namespace,
                services_namespace=platform.namespace.namespace,
                kubeconfig=platform.cluster.kubeconfig,
            ),
            platform.inside,
        )
    if settings.logs.forward_to is not None:
        LogForwarding(
            "logs",
            LogForwardingArgs(
                naming=naming,
                settings=settings.logs.forward_to,
                token=secrets.log_token,
                namespace=settings.namespace,
                databases=managed_ids(databases),
                kubeconfig=platform.cluster.kubeconfig,
            ),
            platform.inside,
        )
