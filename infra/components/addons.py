"""Cluster add-ons: ingress, certificates, metrics. Third-party charts, pinned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.components.helm_release import HelmReleaseArgs, chart_digest, helm_release
from infra.components.service import CLUSTER_ISSUER
from infra.config import schema
from infra.naming import Naming
from infra.versions import CERT_MANAGER, INGRESS_NGINX, KUBE_PROMETHEUS_STACK, METRICS_SERVER, Chart

INSTALL_SECONDS = 600  # kube-prometheus-stack pulls seven images on a new node
ISSUER_SECONDS = 60
ISSUER_CHART = Path("helm/cluster-issuer")


@dataclass(frozen=True, kw_only=True)
class AddonsArgs:
    """`settings` is the stack file's `addons`; `hosts` are where services answer."""

    naming: Naming
    settings: schema.Addons
    hosts: list[str]
    kubeconfig: pulumi.Output[str]


class Addons(pulumi.ComponentResource):
    """The add-ons that the stack file switches on; services wait for them."""

    releases: list[kubernetes.helm.v3.Release]

    def __init__(self, name: str, args: AddonsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:addons:Addons", name, {}, opts)
        wanted = args.settings
        labels = {"commonLabels": args.naming.marks()}
        self.releases = []
        if wanted.metrics_server:
            self._release(METRICS_SERVER, "kube-system", labels, args)
        if wanted.ingress_nginx:
            self._release(INGRESS_NGINX, "ingress-nginx", {**labels, **_ingress_values(args)}, args)
        if wanted.cert_manager:
            manager = self._release(CERT_MANAGER, "cert-manager", {"crds": {"enabled": True}, "global": labels}, args)
            self._issuer(args, manager)
        if wanted.kube_prometheus_stack:
            self._release(KUBE_PROMETHEUS_STACK, "monitoring", {**labels, **_monitoring_values()}, args)
        self.register_outputs({})

    def _release(
        self, chart: Chart, namespace: str, values: dict[str, Any], args: AddonsArgs
    ) -> kubernetes.helm.v3.Release:
        release = helm_release(
            chart.name,
            HelmReleaseArgs(
                chart=chart,
                namespace=namespace,
                create_namespace=True,
                values=values,
                seconds=INSTALL_SECONDS,
                kubeconfig=args.kubeconfig,
            ),
            parent=self,
        )
        self.releases.append(release)
        return release

    def _issuer(self, args: AddonsArgs, manager: kubernetes.helm.v3.Release) -> None:
        """Let's Encrypt as issuer, by a chart: a plain object of a kind not yet there fails every first preview."""
        values = {
            "name": CLUSTER_ISSUER,
            "email": args.settings.acme_email,
            "chart": chart_digest(ISSUER_CHART),
        }
        issuer = HelmReleaseArgs(
            chart=ISSUER_CHART,
            namespace="cert-manager",
            values=values,
            seconds=ISSUER_SECONDS,
            kubeconfig=args.kubeconfig,
        )
        # No value of the manager flows in here, and without it there is no such kind.
        self.releases.append(helm_release(CLUSTER_ISSUER, issuer, parent=self, after=[manager]))


def _ingress_values(args: AddonsArgs) -> dict[str, Any]:
    """An ingress controller behind one load balancer; annotation values must be strings."""
    prefix = "service.beta.kubernetes.io/do-loadbalancer"
    annotations = {
        f"{prefix}-name": args.naming.prefix,
        f"{prefix}-type": "REGIONAL",
        f"{prefix}-enable-proxy-protocol": "true",
        f"{prefix}-disable-lets-encrypt-dns-records": "true",
    }
    if args.hosts:
        # Traffic from inside would go round the load balancer, without PROXY protocol: cert-manager's check of
        # its own challenge then fails, and no certificate is issued. With a host name in the status it does not.
        annotations[f"{prefix}-hostname"] = args.hosts[0]
    return {
        "controller": {
            "replicaCount": 2,
            "service": {"annotations": annotations},
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
