"""What every service in the cluster leans on: the way in, certificates, metrics. Third-party charts, pinned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra import sections
from infra.components.service import CLUSTER_ISSUER
from infra.naming import Naming
from infra.versions import CERT_MANAGER, INGRESS_NGINX, KUBE_PROMETHEUS_STACK, METRICS_SERVER, Chart

INSTALL_SECONDS = 600  # kube-prometheus-stack pulls seven images on a new node
HISTORY = 5
ISSUER_CHART = "helm/cluster-issuer"


@dataclass(frozen=True, kw_only=True)
class AddonsArgs:
    """`settings` is the stack file's `addons`."""

    naming: Naming
    settings: sections.Addons


class Addons(pulumi.ComponentResource):
    """The add-ons that the stack file switches on; services wait for them."""

    releases: list[kubernetes.helm.v3.Release]

    def __init__(self, name: str, args: AddonsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:addons:Addons", name, {}, opts)
        wanted = args.settings
        self.releases = []
        if wanted.metrics_server:
            self._release(METRICS_SERVER, "kube-system", {})
        if wanted.ingress_nginx:
            self._release(INGRESS_NGINX, "ingress-nginx", _ingress_values(args.naming))
        if wanted.cert_manager:
            manager = self._release(CERT_MANAGER, "cert-manager", {"crds": {"enabled": True}})
            self._issuer(str(wanted.acme_email), manager)
        if wanted.kube_prometheus_stack:
            self._release(KUBE_PROMETHEUS_STACK, "monitoring", _monitoring_values())
        self.register_outputs({})

    def _release(self, chart: Chart, namespace: str, values: dict[str, Any]) -> kubernetes.helm.v3.Release:
        release = kubernetes.helm.v3.Release(
            chart.name,
            name=chart.name,
            chart=chart.name,
            version=chart.version,
            repository_opts={"repo": chart.repository},
            namespace=namespace,
            create_namespace=True,
            values=values,
            atomic=True,
            cleanup_on_fail=True,
            timeout=INSTALL_SECONDS,
            max_history=HISTORY,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.releases.append(release)
        return release

    def _issuer(self, email: str, manager: kubernetes.helm.v3.Release) -> None:
        """Let's Encrypt as issuer, by a chart: a plain object of a kind not yet there fails every first preview."""
        self.releases.append(
            kubernetes.helm.v3.Release(
                CLUSTER_ISSUER,
                name=CLUSTER_ISSUER,
                chart=ISSUER_CHART,
                namespace="cert-manager",
                values={"name": CLUSTER_ISSUER, "email": email},
                atomic=True,
                max_history=HISTORY,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[manager]),
            )
        )


def _ingress_values(naming: Naming) -> dict[str, Any]:
    """An ingress controller behind one load balancer; annotation values must be strings."""
    prefix = "service.beta.kubernetes.io/do-loadbalancer"
    return {
        "controller": {
            "replicaCount": 2,
            "service": {
                "annotations": {
                    f"{prefix}-name": naming.prefix,
                    f"{prefix}-type": "REGIONAL",
                    f"{prefix}-enable-proxy-protocol": "true",
                    f"{prefix}-disable-lets-encrypt-dns-records": "true",
                }
            },
            # Both ends of the PROXY protocol or neither: this is the other one.
            "config": {"use-proxy-protocol": "true"},
            "resources": {"requests": {"cpu": "100m", "memory": "90Mi"}},
            "metrics": {"enabled": True},
        }
    }


def _monitoring_values() -> dict[str, Any]:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
    return {
        "prometheus": {
            "prometheusSpec": {
                "retention": "15d",
                "storageSpec": {"volumeClaimTemplate": {"spec": claim}},
                "serviceMonitorSelectorNilUsesHelmValues": False,
            }
        },
        "grafana": {"persistence": {"enabled": True, "size": "5Gi"}},
    }
