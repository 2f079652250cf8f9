"""Prometheus and Alertmanager: what only the cluster itself sees of its services. docs/adr/0019 says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.components.alert_receivers import SECRETS, list_alertmanager_config
from infra.components.alert_rules import JOB, list_rule_groups
from infra.components.helm_release import HelmReleaseArgs, helm_release
from infra.components.secret import make_secret
from infra.config.alerts import Alerts
from infra.naming import Naming
from infra.versions import PROMETHEUS

NAMESPACE = "kube-system"  # as the other add-ons: the stack's own namespace runs what the generic chart runs
SECRET = "alert-receivers"  # noqa: S105 - a name
INSTALL_SECONDS = 600  # a new node has to pull four images
INTERVAL = "30s"
# Of the chart's own jobs, those that read what no rule asks for.
UNUSED_JOBS = (
    "prometheus", "kubernetes-api-servers", "kubernetes-nodes-cadvisor", "kubernetes-service-endpoints-slow",
    "prometheus-pushgateway", "kubernetes-services", "kubernetes-pods", "kubernetes-pods-slow",
)  # fmt: skip
STATE_METRICS = ("kube_pod_container_status_restarts_total", "kube_deployment_status_replicas_unavailable")
NO_ACCESS = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


@dataclass(frozen=True, kw_only=True)
class PrometheusArgs:
    """`settings` is the stack file's `alerts`; `secrets` are those of its receivers by their names.

    Attributes:
        namespace: of the services, as the stack file has it.
        services_namespace: the same, known once it is there.
    """

    naming: Naming
    settings: Alerts
    secrets: Mapping[str, pulumi.Output[str]]
    namespace: str
    services_namespace: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]


class Prometheus(pulumi.ComponentResource):
    """A Prometheus that keeps two hours of the few metrics that its rules read, and an Alertmanager.

    Neither has a volume: after a restart an alert that still holds is sent once more, and nothing else is lost.
    """

    def __init__(self, name: str, args: PrometheusArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:monitoring:Prometheus", name, {}, opts)
        secret = make_secret(SECRET, args.secrets, args.naming, pulumi.Output.from_input(NAMESPACE), self)
        self._let_in(args)
        helm_release(
            PROMETHEUS.name,
            HelmReleaseArgs(
                chart=PROMETHEUS,
                namespace=NAMESPACE,
                values={
                    "commonMetaLabels": args.naming.marks(),
                    **list_server_values(args.settings, args.namespace),
                    "alertmanager": list_alertmanager_values(args.settings, args.naming, secret.name),
                },
                seconds=INSTALL_SECONDS,
                kubeconfig=args.kubeconfig,
            ),
            parent=self,
        )
        self.register_outputs({})

    def _let_in(self, args: PrometheusArgs) -> None:
        """Let Prometheus read the metrics of the services, whose policies admit nobody from another namespace."""
        kubernetes.networking.v1.NetworkPolicy(
            "prometheus-reads-metrics",
            metadata={
                "name": "prometheus-reads-metrics",
                "namespace": args.services_namespace,
                "labels": args.naming.labels("prometheus-reads-metrics"),
            },
            spec={
                "pod_selector": {},
                "policy_types": ["Ingress"],
                "ingress": [
                    {
                        "from_": [
                            {
                                "namespace_selector": {"match_labels": {"kubernetes.io/metadata.name": NAMESPACE}},
                                "pod_selector": {"match_labels": {"app.kubernetes.io/name": "prometheus"}},
                            }
                        ],
                        "ports": [{"port": "http"}],
                    }
                ],
            },
            opts=pulumi.ResourceOptions(parent=self),
        )


def list_server_values(settings: Alerts, namespace: str) -> dict[str, Any]:
    """The chart's values of Prometheus itself, and of kube-state-metrics beside it."""
    return {
        "server": {
            "global": {"scrape_interval": INTERVAL, "evaluation_interval": INTERVAL, "scrape_timeout": "10s"},
            "retention": "2h",
            "persistentVolume": {"enabled": False},
            "containerSecurityContext": NO_ACCESS,
            "resources": {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
        },
        "serverFiles": {"alerting_rules.yml": list_rule_groups(settings.limits, namespace)},
        "scrapeConfigs": {
            **{job: {"enabled": False} for job in UNUSED_JOBS},
            "kubernetes-service-endpoints": {"metric_relabel_configs": [_keep("__name__", "|".join(STATE_METRICS))]},
            "kubernetes-nodes": {"metric_relabel_configs": [_keep("__name__", "kubelet_volume_stats_.*")]},
            JOB: _list_service_job(namespace),
        },
        "kube-state-metrics": {
            "collectors": ["deployments", "pods"],
            "namespaces": namespace,
            "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        },
        "prometheus-node-exporter": {"enabled": False},  # nodes are DigitalOcean's alerts
        "prometheus-pushgateway": {"enabled": False},
    }


def _list_service_job(namespace: str) -> dict[str, Any]:
    """The pods of the services, each asked at its port `http` for `/metrics`."""
    return {
        "enabled": True,
        "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": [namespace]}}],
        "metrics_path": "/metrics",
        "relabel_configs": [
            _keep("__meta_kubernetes_pod_container_port_name", "http"),
            _keep("__meta_kubernetes_pod_phase", "Running"),
            {"source_labels": ["__meta_kubernetes_pod_label_app_kubernetes_io_name"], "target_label": "service"},
            {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
        ],
        # The rest of what services measure is not for alerts, and would only take memory.
        "metric_relabel_configs": [_keep("__name__", "http_requests_total|http_request_seconds_bucket")],
    }


def _keep(label: str, pattern: str) -> dict[str, Any]:
    return {"action": "keep", "source_labels": [label], "regex": pattern}


def list_alertmanager_values(settings: Alerts, naming: Naming, secret: pulumi.Input[str]) -> dict[str, Any]:
    """The chart's values of Alertmanager.

    Args:
        secret: the name of the Secret whose keys are those of `infra.config.secrets`.
    """
    return {
        "enabled": True,
        "persistence": {"enabled": False},
        "config": list_alertmanager_config(settings, naming),
        "extraSecretMounts": [{"name": "receivers", "mountPath": SECRETS, "secretName": secret, "readOnly": True}],
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": {"runAsUser": 65534, "runAsNonRoot": True, "runAsGroup": 65534, **NO_ACCESS},
    }
