"""What a stack is: read from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from infra.chart_repository import check_repositories
from infra.cluster_version import check_upgrade
from infra.components.addons import Addons, AddonsArgs
from infra.components.canary import Canary, CanaryArgs
from infra.components.cluster import Cluster, ClusterArgs
from infra.components.database import Database, DatabaseArgs
from infra.components.image import Image, ImageArgs
from infra.components.ingress import Ingress, IngressArgs
from infra.components.log_forwarding import LogForwarding, LogForwardingArgs
from infra.components.monitoring import Monitoring, MonitoringArgs
from infra.components.namespace import Namespace, NamespaceArgs
from infra.components.network import Network, NetworkArgs
from infra.components.prometheus import Prometheus, PrometheusArgs
from infra.components.registry import Registry, RegistryArgs
from infra.components.service import Service, ServiceArgs
from infra.components.shared_cluster import SharedCluster, SharedRegistry
from infra.config.schema import NO_IMAGES, PreviewEnvironments, PullRequest, StackSettings
from infra.config.secrets import SLACK_URL, Certificate, ServiceSecrets, StackSecrets, read_secrets
from infra.config.service import Service as ServiceSettings
from infra.config.settings import PROJECT, SettingsError, read_settings
from infra.irreversible_changes import refuse_irreversible_changes
from infra.naming import Naming
from infra.placement import find_placement
from infra.protection import protect_data
from infra.runbook import name_runbook_entries
from infra.source.build_context import export_context
from infra.source.image_digest import find_held_digests, look_up_digests
from infra.source.registry_login import Login, request_login
from infra.source.release import Release, ServiceRelease, read_from_release
from infra.stack_state import CLUSTER, VPC, StackState
from infra.versions import FLUENT_BIT, METRICS_SERVER, PROMETHEUS, Chart


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What is known of the stack before anything is declared."""

    settings: StackSettings
    naming: Naming
    state: StackState


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


@dataclass(frozen=True, kw_only=True)
class Images:
    """Where each service's image comes from.

    Attributes:
        releases: each service's own commit.
        digests: of the images that need no build.
    """

    settings: StackSettings
    releases: dict[str, ServiceRelease]
    digests: dict[str, pulumi.Input[str]]

    @property
    def build(self) -> list[str]:
        """The services whose images are to be built."""
        return sorted(self.releases.keys() - self.digests.keys())

    def describe(self) -> str:
        """Return a text that changes with the commit of any service: what a job of each release is run for."""
        return " ".join(f"{name}={release.tag}" for name, release in sorted(self.releases.items()))

    def repository(self, service: str) -> str:
        """Where a service's images are: `registry.digitalocean.com/acme/backend`."""
        return repository_of(self.settings, service)


def deploy() -> None:
    """Declare the stack, and have each failure followed by the runbook's entry for it; raises as `declare_stack`."""
    name_runbook_entries()
    declare_stack()


def declare_stack() -> None:
    """Declare the stack.

    Raises:
        SettingsError, ReleaseError, DigestError, VersionError, IrreversibleChangeError, ChartRepositoryError: before
            anything is declared.
    """
    stack = read_stack()
    if stack.settings.images == NO_IMAGES:
        declare_registry_alone(stack)
        return
    secrets = read_secrets(stack.settings)
    release = read_release(stack.settings)
    refuse_impossible_changes(stack)
    check_repositories(list_charts(stack.settings))
    images = resolve_images(stack, release)
    if stack.settings.protect:
        protect_data()
    if stack.settings.pull_request is None:
        platform = declare_platform(stack, secrets.certificate, pushes=bool(images.build))
    else:
        platform = share_platform(stack, stack.settings.pull_request)
    databases = declare_databases(stack, platform)
    declare_monitoring(stack, platform, databases, secrets)
    declare_cluster_monitoring(stack, platform, secrets)
    services = declare_services(stack, platform, databases, images, secrets.services)
    if stack.settings.canary:
        export_canary(stack, images)
        return
    export_outputs(stack, release, platform, services)


def read_stack() -> Stack:
    """The stack file, checked, and what the stack has already."""
    settings = read_settings(lambda release: read_from_release(Path(), release))
    naming = Naming(
        project=PROJECT,
        stack=pulumi.get_stack(),
        owner=settings.owner,
        namespace=settings.namespace,
        gateway_of=settings.pull_request.stack if settings.pull_request else None,
    )
    return Stack(settings=settings, naming=naming, state=StackState.read())


def refuse_impossible_changes(stack: Stack) -> None:
    """Stop before a change that loses data, and before an upgrade that Kubernetes does not make.

    A preview environment has no data to lose, and no cluster.
    """
    if stack.settings.pull_request is not None:
        return
    refuse_irreversible_changes(stack.settings, stack.state)
    check_upgrade(stack.settings.cluster.version, stack.state.cluster_version)


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


def read_release(settings: StackSettings) -> Release:
    """The commit to deploy; uncommitted changes are refused where the stack file says so."""
    release = Release(settings.release)
    if not settings.allow_dirty:
        folders = [folder for service in settings.services.values() for folder in service.folders]
        release.refuse_changes([*folders, f"Pulumi.{pulumi.get_stack()}.yaml"])
    return release


def list_charts(settings: StackSettings) -> list[Chart]:
    """The charts of public repositories that the stack file switches on."""
    switches = {
        METRICS_SERVER: settings.addons.metrics_server,
        PROMETHEUS: settings.addons.prometheus,
        FLUENT_BIT: settings.logs.forward_to is not None,
    }
    return [chart for chart, on in switches.items() if on]


def resolve_images(stack: Stack, release: Release) -> Images:
    """Find out which images exist, and which are to be built."""
    settings, state = stack.settings, stack.state
    releases = {name: release.of(name, service.folder, service.shares) for name, service in settings.services.items()}
    if settings.pull_request is not None and settings.pull_request.digests:
        return Images(settings=settings, releases=releases, digests=dict(settings.pull_request.digests))
    repositories = {name: repository_of(settings, name) for name in releases}
    built = {name: each for name, each in releases.items() if settings.builds(name)}
    looked_up = {name: each for name, each in releases.items() if name not in built}
    there = state.has_registry(settings.registry.name) or not settings.registry.owned
    login = request_lookup_login(settings) if there else None
    digests = look_up_digests(looked_up, repositories, login, registry_exists=there)
    if there:
        digests |= find_held_digests(built, repositories, state, login)
    return Images(settings=settings, releases=releases, digests=digests)


def repository_of(settings: StackSettings, service: str) -> str:
    """Where a service's images are."""
    return f"{settings.registry.host}/{service}"


def request_lookup_login(settings: StackSettings) -> Login | None:
    """A login that may ask the registry; None: the one of Docker's own configuration."""
    return request_login(settings.registry.name, settings.registry.server)


def declare_platform(stack: Stack, certificate: Certificate | None, *, pushes: bool) -> Platform:
    """Declare network, registry, cluster, add-ons, namespace and the way in.

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
    ingress = None
    if settings.ingress.zone is not None:
        ingress = Ingress(
            "ingress",
            IngressArgs(
                naming=naming,
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
            inside,
        )
    return Platform(
        network=network, registry=registry, cluster=cluster, addons=addons, namespace=namespace, ingress=ingress
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


def declare_databases(stack: Stack, platform: Platform) -> dict[str, Database]:
    """Declare each database that a service uses, by its engine."""
    settings, naming = stack.settings, stack.naming
    return {
        wanted.engine: Database(
            wanted.engine,
            DatabaseArgs(
                naming=naming,
                settings=wanted,
                clients=settings.clients(wanted),
                region=settings.region,
                vpc_id=platform.vpc_id,
                cluster_id=platform.cluster_id,
                cluster_subnet=settings.cluster.cluster_subnet,
                namespace=platform.namespace.namespace,
                placement=find_placement(wanted.in_cluster.pool if wanted.in_cluster else None, settings, naming),
                kubeconfig=platform.cluster.kubeconfig,
            ),
            platform.inside,
        )
        for wanted in settings.databases
        if settings.clients(wanted)
    }


def declare_monitoring(
    stack: Stack, platform: Platform, databases: dict[str, Database], secrets: StackSecrets
) -> None:
    """Declare what DigitalOcean watches, where somebody hears of it."""
    settings = stack.settings
    if not settings.alerts.has_receivers:
        return
    Monitoring(
        "monitoring",
        MonitoringArgs(
            naming=stack.naming,
            settings=settings.alerts,
            slack_url=secrets.alerts.get(SLACK_URL),
            services=list(settings.services.values()),
            cluster_id=platform.cluster_id,
            load_balancer_id=platform.ingress.load_balancer_id if platform.ingress else None,
            databases={name: each.managed_id for name, each in databases.items() if each.managed_id is not None},
        ),
    )


def declare_cluster_monitoring(stack: Stack, platform: Platform, secrets: StackSecrets) -> None:
    """Declare what watches the services from inside the cluster, and what sends their logs away."""
    settings, naming = stack.settings, stack.naming
    if settings.addons.prometheus:
        Prometheus(
            "prometheus",
            PrometheusArgs(
                naming=naming,
                settings=settings.alerts,
                secrets=secrets.alerts,
                namespace=settings.namespace,
                services_namespace=platform.namespace.namespace,
                kubeconfig=platform.cluster.kubeconfig,
            ),
            platform.inside,
        )
    if settings.logs.forward_to is not None:
        LogForwarding(
            "logs",
            LogForwardingArgs(
                naming=naming,
                settings=settings.logs.forward_to,
                token=secrets.log_token,
                namespace=settings.namespace,
                kubeconfig=platform.cluster.kubeconfig,
            ),
            platform.inside,
        )


def declare_services(
    stack: Stack, platform: Platform, databases: dict[str, Database], images: Images, secrets: ServiceSecrets
) -> dict[str, dict[str, Any]]:
    """Declare each service, and its image where it is to be built.

    Returns:
        what `pulumi stack output services` says of each.
    """
    settings, naming = stack.settings, stack.naming
    facts: dict[str, dict[str, Any]] = {}
    declared: list[tuple[ServiceSettings, Service]] = []
    for wanted in sorted(settings.services.values(), key=find_turn):
        name, digest = wanted.name, declare_image(wanted, platform.registry, images)
        args = ServiceArgs(
            naming=naming,
            settings=wanted,
            release=images.releases[name],
            repository=images.repository(name),
            digest=digest,
            namespace=platform.namespace.namespace,
            pull_secrets=pull_secrets(settings),
            secrets=secrets[name],
            databases=[databases[engine].secrets[name] for engine in wanted.databases],
            hsts=settings.ingress.hsts,
            placement=find_placement(wanted.pool, settings, naming),
            rollout_seconds=settings.rollout_seconds,
            kubeconfig=platform.cluster.kubeconfig,
            trigger=images.describe() if wanted.kind == "job" else "",
            gateway_namespace=settings.pull_request.gateway_namespace if settings.pull_request else None,
        )
        options = pulumi.ResourceOptions.merge(
            platform.inside,
            pulumi.ResourceOptions(depends_on=[*platform.before_services, *_earlier(wanted, declared)]),
        )
        if percent := settings.canary.get(name):
            Canary(f"{name}-canary", CanaryArgs(service=args, percent=percent), options)
        service = Service(name, args, options)
        declared.append((wanted, service))
        facts[name] = _facts(images, name, digest, service)
    return {name: facts[name] for name in settings.services}


def find_turn(service: ServiceSettings) -> int:
    """Return whether a service comes first (a job before the release), second, or last (a job after it)."""
    if service.kind != "job":
        return 1
    return 0 if service.when == "before" else 2


def _earlier(service: ServiceSettings, declared: list[tuple[ServiceSettings, Service]]) -> list[Service]:
    """What must be released before a service is: that of every turn before its own."""
    return [each for settings, each in declared if find_turn(settings) < find_turn(service)]


def declare_image(wanted: ServiceSettings, registry: Registry | SharedRegistry, images: Images) -> pulumi.Input[str]:
    """The digest of a service's image, which is declared here where it is to be built."""
    name = wanted.name
    if name in images.digests or registry.push_login is None:
        return images.digests[name]
    return Image(
        f"{name}-image",
        ImageArgs(
            repository=images.repository(name),
            release=images.releases[name],
            context=export_context(images.releases[name]),
            build_args=wanted.build_args,
            server=registry.server,
            login=registry.push_login,
            registry=registry.resource,
        ),
    ).digest


def pull_secrets(settings: StackSettings) -> list[str]:
    """The Secret that DOKS keeps in every namespace of a cluster that is integrated with the registry, and renews.

    Named as `doctl registry kubernetes-manifest` names it, too.
    """
    return [f"registry-{settings.registry.name}"] if settings.cluster.registry_integration else []


def export_outputs(stack: Stack, release: Release, platform: Platform, services: dict[str, dict[str, Any]]) -> None:
    """Export what other programs read; nothing secret."""
    cluster = platform.cluster
    pulumi.export("release", release.sha)
    pulumi.export("services", services)
    pulumi.export("namespace", stack.settings.namespace)
    pulumi.export("registry", platform.registry.host)
    pulumi.export("ingress", platform.ingress.outputs if platform.ingress else None)
    if isinstance(cluster, Cluster):
        pulumi.export("cluster", {"id": cluster.cluster_id, "name": cluster.name, "endpoint": cluster.endpoint})


def export_canary(stack: Stack, images: Images) -> None:
    """Export what runs, as it did before, and the canary beside it: an update for a canary changes nothing else."""
    for key, value in stack.state.exports.items():
        pulumi.export(key, value)
    pulumi.export("canary", {
        name: {"percent": percent, "tag": images.releases[name].tag}
        for name, percent in stack.settings.canary.items()
    })  # fmt: skip


def _facts(images: Images, name: str, digest: pulumi.Input[str], service: Service) -> dict[str, Any]:
    return {
        "sha": images.releases[name].sha,
        "tag": images.releases[name].tag,
        "digest": digest,
        "image": pulumi.Output.concat(images.repository(name), "@", digest),
        "url": service.url,
        "release": service.ready,
    }
