"""What services run on: network, registry, cluster, add-ons, namespace and gateway."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.components.addons import Addons, AddonsArgs
from infra.components.cluster import Cluster, ClusterArgs
from infra.components.ingress import Ingress, IngressArgs
from infra.components.namespace import Namespace, NamespaceArgs
from infra.components.network import Network, NetworkArgs
from infra.components.registry import Registry, RegistryArgs
from infra.components.shared_cluster import SharedCluster, SharedRegistry
from infra.config.schema import NO_IMAGES, PreviewEnvironments, PullRequest
from infra.config.secrets import Certificate
from infra.config.settings import SettingsError
from infra.protection import protect_data
from infra.stack.stack import Stack
from infra.stack_state import CLUSTER, VPC


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What services run on."""

    network: Network | None
    registry: Registry | SharedRegistry
    cluster: Cluster | SharedCluster
    addons: Addons | None
    namespace: Namespace
    ingress: Ingress | None

    @property
    def vpc_id(self) -> pulumi.Output[str]:
        """DigitalOcean's id of the network; none for a preview environment, which has no managed database."""
        return self.network.vpc_id if self.network else pulumi.Output.from_input("")

    @property
    def cluster_id(self) -> pulumi.Output[str]:
        """DigitalOcean's id of the cluster; none for a preview environment."""
        return self.cluster.cluster_id if isinstance(self.cluster, Cluster) else pulumi.Output.from_input("")

    @property
    def inside(self) -> pulumi.ResourceOptions:
        """For what is in the cluster: made by its provider, which waits for the nodes."""
        return pulumi.ResourceOptions(providers={"kubernetes": self.cluster.provider})

    @property
    def before_services(self) -> list[pulumi.Resource]:
        """What services come after."""
        releases = self.addons.releases if self.addons else []
        return [*releases, *([self.ingress.gateway] if self.ingress else [])]


def declare_registry_alone(stack: Stack) -> None:
    """Declare what a first promotion copies images to, and nothing else yet.

    Raises:
        SettingsError: the registry is another stack's, or the stack has more, which would be removed.
    """
    settings, state = stack.settings, stack.state
    if not settings.registry.owned or state.first(VPC) or state.first(CLUSTER):
        raise SettingsError(
            f"slipway:images is {NO_IMAGES!r}, with which a stack declares its registry and nothing else: "
            "it is for the first promotion, before there is a network or a cluster; write `registry`"
        )
    if settings.protect:
        protect_data()
    Registry("registry", RegistryArgs(settings=settings.registry, pushes=False))


def declare_platform(stack: Stack, certificate: Certificate | None, *, pushes: bool) -> Platform:
    """Declare network, registry, cluster, add-ons, namespace and ingress.

    Args:
        certificate: of a zone that is hosted elsewhere.
        pushes: whether images are built in this run.
    """
    settings, naming = stack.settings, stack.naming
    network = Network("network", NetworkArgs.of(settings, naming))
    registry = Registry("registry", RegistryArgs(settings=settings.registry, pushes=pushes))
    cluster = Cluster(
        "cluster",
        ClusterArgs(
            naming=naming,
            settings=settings.cluster,
            live_version=stack.state.cluster_version,
            region=settings.region,
            vpc_id=network.vpc_id,
            registry=registry.resource,
        ),
    )
    inside = pulumi.ResourceOptions(providers={"kubernetes": cluster.provider})
    addons = Addons(
        "addons", AddonsArgs(naming=naming, settings=settings.addons, kubeconfig=cluster.kubeconfig), inside
    )
    namespace = Namespace("namespace", NamespaceArgs(naming=naming, namespace=settings.namespace), inside)
    ingress = declare_ingress(stack, network, cluster, namespace, certificate)
    return Platform(
        network=network, registry=registry, cluster=cluster, addons=addons, namespace=namespace, ingress=ingress
    )


def declare_ingress(
    stack: Stack, network: Network, cluster: Cluster, namespace: Namespace, certificate: Certificate | None
) -> Ingress | None:
    """Declare the load balancer, DNS zone, certificate and Gateway; None: the stack file has no zone."""
    settings = stack.settings
    if settings.ingress.zone is None:
        return None
    return Ingress(
        "ingress",
        IngressArgs(
            naming=stack.naming,
            settings=settings.ingress,
            zone=settings.ingress.zone,
            hosts=settings.hosts,
            region=settings.region,
            vpc_id=network.vpc_id,
            namespace=namespace.namespace,
            certificate=certificate,
            kubeconfig=cluster.kubeconfig,
            preview_environments=settings.preview_environments is not None,
        ),
        pulumi.ResourceOptions(providers={"kubernetes": cluster.provider}),
    )


def share_platform(stack: Stack, pull_request: PullRequest) -> Platform:
    """Declare the namespace of a preview environment; everything else is of the stack whose cluster it is in."""
    settings, naming = stack.settings, stack.naming
    cluster = SharedCluster("cluster", pull_request.stack)
    namespace = Namespace(
        "namespace",
        NamespaceArgs(
            naming=naming,
            namespace=settings.namespace,
            quota=(settings.preview_environments or PreviewEnvironments()).quota,
            node_ports=len([service for service in settings.services.values() if service.node_port]),
        ),
        pulumi.ResourceOptions(providers={"kubernetes": cluster.provider}),
    )
    registry = SharedRegistry(settings.registry, resource=namespace)
    return Platform(network=None, registry=registry, cluster=cluster, addons=None, namespace=namespace, ingress=None)
