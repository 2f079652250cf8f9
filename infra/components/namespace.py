"""The namespace that a stack's services run in, and the secret they pull images with."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from infra.naming import Naming

PULL_SECRET = "registry"  # noqa: S105 - a name


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    """`pull_configuration` is a Docker configuration as JSON, or None where nodes need none."""

    naming: Naming
    namespace: str
    pull_configuration: pulumi.Output[str] | None


class Namespace(pulumi.ComponentResource):
    """A namespace.

    Attributes:
        namespace: its name, known once it is there.
        pull_secrets: names of image pull secrets in it.
    """

    namespace: pulumi.Output[str]
    pull_secrets: list[pulumi.Output[str]]

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
        self.pull_secrets = self._make_pull_secrets(args)
        self.register_outputs({"namespace": self.namespace})

    def _make_pull_secrets(self, args: NamespaceArgs) -> list[pulumi.Output[str]]:
        if args.pull_configuration is None:
            return []
        secret = kubernetes.core.v1.Secret(
            PULL_SECRET,
            metadata={"name": PULL_SECRET, "namespace": self.namespace, "labels": args.naming.labels(PULL_SECRET)},
            type="kubernetes.io/dockerconfigjson",
            string_data={".dockerconfigjson": args.pull_configuration},
            opts=pulumi.ResourceOptions(parent=self),
        )
        return [secret.metadata.apply(lambda metadata: str(metadata["name"]))]
