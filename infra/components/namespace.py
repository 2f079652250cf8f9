"""The namespace that a stack's services run in."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from infra.naming import Naming


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    """`namespace` is its name."""

    naming: Naming
    namespace: str


class Namespace(pulumi.ComponentResource):
    """A namespace whose pods reach nothing and are reached by nothing, but for what other policies allow.

    `namespace` is its name, known once it is there.
    """

    namespace: pulumi.Output[str]

    def __init__(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:kubernetes:Namespace", name, {}, opts)
        labels = {
            **args.naming.labels(args.namespace),
            # What the generic chart's pods keep to; a pod that does not is refused.
            "pod-security.kubernetes.io/enforce": "restricted",
        }
        namespace = kubernetes.core.v1.Namespace(
            name,
            metadata={"name": args.namespace, "labels": labels},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.namespace = namespace.metadata.apply(lambda metadata: str(metadata["name"]))
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
        self.register_outputs({"namespace": self.namespace})
