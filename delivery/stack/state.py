"""The parts of a stack's state that delivery reads, as `pulumi stack export` prints them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

CLUSTER = "digitalocean:index/kubernetesCluster:KubernetesCluster"


class Resource(BaseModel):
    """A resource of the state."""

    type: str
    outputs: dict[str, Any] | None = None


class PendingResource(BaseModel):
    """The resource of a pending operation."""

    urn: str
    type: str
    custom: bool = False


class Operation(BaseModel):
    """One of `pending_operations`."""

    type: str
    resource: PendingResource


class Deployment(BaseModel):
    """What the state holds; a stack that was never updated has neither list."""

    pending_operations: list[Operation] | None = None
    resources: list[Resource] | None = None


class State(BaseModel):
    """What `pulumi stack export` prints."""

    deployment: Deployment | None

    @property
    def operations(self) -> list[Operation]:
        """The pending operations."""
        return (self.deployment and self.deployment.pending_operations) or []

    @property
    def cluster_minor(self) -> str | None:
        """The minor version of Kubernetes that runs, such as `1.34`; None without a cluster."""
        resources = (self.deployment and self.deployment.resources) or []
        versions = [
            str(resource.outputs["version"])
            for resource in resources
            if resource.type == CLUSTER and resource.outputs and "version" in resource.outputs
        ]
        return ".".join(versions[0].split(".")[:2]) if versions else None
