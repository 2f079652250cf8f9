"""What the stack's state holds before this run, as far as the program has to decide by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

IMAGE = "docker:index/image:Image"
REGISTRY = "digitalocean:index/containerRegistry:ContainerRegistry"
VPC = "digitalocean:index/vpc:Vpc"
CLUSTER = "digitalocean:index/kubernetesCluster:KubernetesCluster"
DATABASE = "digitalocean:index/databaseCluster:DatabaseCluster"
DOMAIN = "digitalocean:index/domain:Domain"
LOAD_BALANCER = "digitalocean:index/loadBalancer:LoadBalancer"
NAMESPACE = "kubernetes:core/v1:Namespace"
STACK = "pulumi:pulumi:Stack"
RELEASE = "kubernetes:helm.sh/v3:Release"

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class StateResource:
    """One resource: its type, its name in the program, and its outputs; secret ones may be missing."""

    type: str
    name: str
    outputs: Properties


@dataclass(frozen=True)
class StackState:
    """The state's resources, in the engine's order."""

    resources: tuple[StateResource, ...] = ()

    @classmethod
    def read(cls) -> StackState:
        """The state of the stack that runs, as the engine read it.

        A function of the engine itself, which StackReference is made of, too.
        """
        name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
        reply = pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": name}).value
        return cls.of(reply["outputs"] if reply else {})

    @classmethod
    def of(cls, resources: Mapping[str, Any]) -> StackState:
        """The state of resources as the engine lists them: a `type` and its `outputs` each, by URN."""
        return cls(
            tuple(
                StateResource(str(each["type"]), urn.rpartition("::")[2], each.get("outputs") or {})
                for urn, each in resources.items()
            )
        )

    @property
    def images(self) -> frozenset[str]:
        """Every tag (`host/repository:tag`) that an Image resource of the state built."""
        names = (each.outputs.get("imageName") for each in self.all(IMAGE))
        return frozenset(str(name) for name in names if name)

    def has_registry(self, name: str) -> bool:
        """Whether the state holds the container registry of that name."""
        return any(each.outputs.get("name") == name for each in self.all(REGISTRY))

    @property
    def exports(self) -> Properties:
        """What the last update exported; nothing where there was none."""
        stack = self.first(STACK)
        return stack.outputs if stack else {}

    @property
    def cluster_version(self) -> str | None:
        """The version of the cluster, `1.34.4-do.0`; None where there is no cluster yet."""
        cluster = self.first(CLUSTER)
        return str(cluster.outputs["version"]) if cluster and cluster.outputs.get("version") else None

    def all(self, type_: str) -> Iterator[StateResource]:
        """Every resource of a type."""
        return (each for each in self.resources if each.type == type_)

    def first(self, type_: str, name: str | None = None) -> StateResource | None:
        """A resource of a type, of that name if one is given; None where there is none."""
        return next((each for each in self.all(type_) if name in {None, each.name}), None)
