"""The ingress from the internet: a load balancer with a certificate, DNS, and the cluster's Gateway behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

from infra.components import certificate
from infra.components.helm_release import HelmReleaseArgs, chart_digest, helm_release
from infra.components.zone import Zone, ZoneArgs
from infra.config import schema
from infra.config.secrets import Certificate
from infra.naming import Naming
from infra.sdk import digitalocean

CHART = Path("helm/gateway")
RELEASE = "gateway"
READY_SECONDS = 60  # Helm waits for no Gateway: it is made, and the cluster does the rest
# What the cluster's controller sets by the Gateway's annotations once it has taken the load balancer over. An update
# of any of these from here would reset the others to what they were when it was made, and cut every connection.
OF_THE_CLUSTER = [
    "algorithm", "disable_lets_encrypt_dns_records", "domains", "droplet_ids", "droplet_tag",
    "enable_backend_keepalive", "enable_proxy_protocol", "firewall", "forwarding_rules", "healthcheck",
    "http_idle_timeout_seconds", "name", "project_id", "redirect_http_to_https", "size", "size_unit",
    "sticky_sessions", "tls_cipher_policy",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class IngressArgs:
    """The names and settings of the ingress.

    Attributes:
        settings: the stack file's `ingress`.
        preview_environments: whether other namespaces' hosts, one label below the zone, are reached here, too.
        certificate: None where DigitalOcean gets one.
    """

    naming: Naming
    settings: schema.Ingress
    zone: str
    hosts: list[str]
    region: str
    vpc_id: pulumi.Output[str]
    namespace: pulumi.Output[str]
    certificate: Certificate | None
    kubeconfig: pulumi.Output[str]
    preview_environments: bool = False


class Ingress(pulumi.ComponentResource):
    """Where the stack's hosts answer.

    Attributes:
        load_balancer_id: DigitalOcean's id.
        address: the load balancer's IPv4 address, which stays the same for as long as it lives.
        gateway: the release of the Gateway; services come after it.
    """

    load_balancer_id: pulumi.Output[str]
    address: pulumi.Output[str]
    gateway: kubernetes.helm.v3.Release

    def __init__(self, name: str, args: IngressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:ingress:Ingress", name, {}, opts)
        balancer = self._make_load_balancer(name, args)
        self.load_balancer_id, self.address = balancer.id, balancer.ip
        self.gateway = self._make_gateway(balancer, self._make_certificate(args), args)
        self.register_outputs({"address": self.address})

    @property
    def outputs(self) -> dict[str, pulumi.Output[str]]:
        """What `pulumi stack output ingress` says, for who makes records by hand."""
        return {"address": self.address, "loadBalancer": self.load_balancer_id}

    def _make_load_balancer(self, name: str, args: IngressArgs) -> digitalocean.LoadBalancer:
        return digitalocean.LoadBalancer(
            name,
            name=args.naming.prefix,
            region=args.region,
            type="REGIONAL",  # the other type passes TCP through and ends no TLS
            vpc_uuid=args.vpc_id,
            size_unit=args.settings.load_balancer_nodes,  # later changes go by the annotation in helm/gateway
            # The API takes none without a rule. This one leads nowhere, as there are no droplets yet.
            forwarding_rules=[
                digitalocean.LoadBalancerForwardingRuleArgs(
                    entry_protocol="http", entry_port=80, target_protocol="http", target_port=80
                )
            ],
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=OF_THE_CLUSTER,
            ),
        )

    def _make_certificate(self, args: IngressArgs) -> pulumi.Output[str]:
        """The certificate's name; the zone comes first, as Let's Encrypt asks DigitalOcean's name servers."""
        if args.certificate is not None:
            return certificate.custom(args.naming.prefix, args.certificate, self)
        zone = Zone(
            "zone",
            ZoneArgs(
                zone=args.zone,
                # One record for all of them: a resolver that asked too early would remember that there is none.
                hosts=[*args.hosts, *([f"*.{args.zone}"] if args.preview_environments else [])],
                ttl=args.settings.ttl,
                address=self.address,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        return certificate.lets_encrypt(args.naming.prefix, args.zone, zone.name, self)

    def _make_gateway(
        self, balancer: digitalocean.LoadBalancer, certificate_name: pulumi.Output[str], args: IngressArgs
    ) -> kubernetes.helm.v3.Release:
        values = {
            "labels": args.naming.marks(),
            "chart": chart_digest(CHART),
            "routeNamespaces": args.naming.gateway_label() if args.preview_environments else {},
            "loadBalancer": {
                "id": balancer.id,
                "name": args.naming.prefix,
                "size": args.settings.load_balancer_nodes,
                "certificate": certificate_name,
            },
        }
        return helm_release(
            RELEASE,
            HelmReleaseArgs(
                chart=CHART,
                namespace=args.namespace,
                values=values,
                seconds=READY_SECONDS,
                kubeconfig=args.kubeconfig,
            ),
            parent=self,
        )
