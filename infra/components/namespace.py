"""The namespace that a stack's services run in."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from infra.config.schema import EnvironmentQuota
from infra.naming import Naming

DEPLOYERS_NAMESPACE = "slipway-preview-environments"
DEPLOYERS_ROLE = "slipway-preview-environment"
# A pod that fills its node's disk has others evicted, too; services do not say how much of it they need.
DEFAULT_LIMITS = {"memory": "256Mi", "ephemeral-storage": "1Gi"}
DEFAULT_REQUESTS = {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "64Mi"}


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    """What the namespace is.

    Attributes:
        namespace: its name.
        quota: of a preview environment: what everything in it may use.
        node_ports: how many ports of nodes a namespace with a quota may open; load balancers it may not.
    """

    naming: Naming
    namespace: str
    quota: EnvironmentQuota | None = None
    node_ports: int = 0


class Namespace(pulumi.ComponentResource):
    """A namespace whose pods reach nothing and are reached by nothing, but for what other policies allow.

    `namespace` is its name, known once it is there.
    """

    namespace: pulumi.Output[str]

    def __init__(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:kubernetes:Namespace", name, {}, opts)
        labels = {
            **args.naming.labels(args.namespace),
            **args.naming.gateway_label(),
            # What the generic chart's pods keep to; a pod that does not is refused.
            "pod-security.kubernetes.io/enforce": "restricted",
        }
        namespace = kubernetes.core.v1.Namespace(
            name,
            metadata={"name": args.namespace, "labels": labels},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.namespace = namespace.metadata.apply(lambda metadata: str(metadata["name"]))
        if args.quota is not None:
            self.namespace = self._admit_deployer(name, args)
        kubernetes.networking.v1.NetworkPolicy(
            f"{name}-default-deny",
            metadata={
                "name": "default-deny",
                "namespace": self.namespace,
                "labels": args.naming.labels("default-deny"),
            },
            # Every pod, and nothing in either direction: what a pod may do is in the policies of its own chart.
            spec={"pod_selector": {}, "policy_types": ["Ingress", "Egress"]},
            opts=pulumi.ResourceOptions(parent=self),
        )
        if args.quota is not None:
            self.namespace = self._limit(name, args.quota, args)
        self.register_outputs({"namespace": self.namespace})

    def _admit_deployer(self, name: str, args: NamespaceArgs) -> pulumi.Output[str]:
        """Let the account of the workflow work here, which may do nothing in a namespace by itself.

        Everything else comes after it, and so goes before it: infra/rollouts/preview-environment-access.yaml.
        """
        binding = kubernetes.rbac.v1.RoleBinding(
            f"{name}-deployer",
            metadata={"name": "deployer", "namespace": self.namespace, "labels": args.naming.labels("deployer")},
            role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": DEPLOYERS_ROLE},
            subjects=[{"kind": "ServiceAccount", "name": "deployer", "namespace": DEPLOYERS_NAMESPACE}],
            opts=pulumi.ResourceOptions(parent=self),
        )
        return pulumi.Output.all(self.namespace, binding.id).apply(lambda known: str(known[0]))

    def _limit(self, name: str, quota: EnvironmentQuota, args: NamespaceArgs) -> pulumi.Output[str]:
        """Declare the quota; returns the namespace's name, known once the quota is there."""
        most = {
            "requests.cpu": quota.cpu,
            "limits.memory": quota.memory,
            "requests.storage": quota.storage,
            "pods": str(quota.pods),
            "services.loadbalancers": "0",
            "services.nodeports": str(args.node_ports),
        }
        limits = kubernetes.core.v1.ResourceQuota(
            f"{name}-quota",
            metadata={"name": "quota", "namespace": self.namespace, "labels": args.naming.labels("quota")},
            spec={"hard": most},
            opts=pulumi.ResourceOptions(parent=self),
        )
        defaults = kubernetes.core.v1.LimitRange(
            f"{name}-defaults",
            metadata={"name": "defaults", "namespace": self.namespace, "labels": args.naming.labels("defaults")},
            # Of containers that say nothing: with a quota, Kubernetes refuses them otherwise.
            spec={"limits": [{"type": "Container", "default": DEFAULT_LIMITS, "default_request": DEFAULT_REQUESTS}]},
            opts=pulumi.ResourceOptions(parent=self),
        )
        return pulumi.Output.all(self.namespace, limits.id, defaults.id).apply(lambda known: str(known[0]))
