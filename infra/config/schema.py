"""The model of a stack file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.config.section import Engine, Resources, Section
from infra.config.service import Service
from infra.config.types import (
    Addresses,
    DatabaseNodes,
    DatabaseSize,
    DatabaseVersion,
    Day,
    EmailAddress,
    HostName,
    HstsSeconds,
    Images,
    Label,
    LoadBalancerNodes,
    MinorVersion,
    Name,
    Nodes,
    NodeSize,
    PoolNodes,
    PoolSize,
    Region,
    RegistryHost,
    Revision,
    RolloutSeconds,
    SlackChannel,
    TimeOfDay,
    TimeToLive,
    VolumeSize,
    VpcRange,
)
from infra.config.types import Network as NetworkRange


class Network(Section):
    ip_range: VpcRange


class Maintenance(Section):
    """A weekly window of four hours; `start_time` is UTC."""

    day: Day
    start_time: TimeOfDay


class Firewall(Section):
    """Who may reach the control plane."""

    enabled: bool
    allowed_addresses: list[Addresses]


class Pool(Section):
    """Nodes of one size, whose number the cluster's autoscaler chooses."""

    size: NodeSize
    min_nodes: Nodes
    max_nodes: Nodes


class Taint(Section):
    key: str
    value: str
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class WorkloadPool(Pool):
    """Nodes for the services and databases that name the pool; it may have none while nothing runs on it."""

    name: Name
    min_nodes: PoolNodes
    labels: dict[str, str]
    taints: list[Taint]


class Cluster(Section):
    """A DOKS cluster. `default_pool` is for what DOKS and the add-ons run, and for what names no pool."""

    version: MinorVersion
    ha: bool
    cluster_subnet: NetworkRange
    service_subnet: NetworkRange
    auto_upgrade: bool
    surge_upgrade: bool
    registry_integration: bool
    destroy_associated_resources: bool
    kubeconfig: Literal["doctl", "embedded"]
    maintenance: Maintenance
    firewall: Firewall
    default_pool: Pool
    workload_pools: list[WorkloadPool]


class Registry(Section):
    """`owned`: whether this stack makes the registry; one stack of an account does, the others read it."""

    name: Name
    owned: bool
    tier: Literal["starter", "basic", "professional"]
    region: Region
    host: RegistryHost

    @property
    def server(self) -> str:
        """What logins are for: the host without the registry's name."""
        return self.host.partition("/")[0]


class Ingress(Section):
    """How services are reached from outside; without a `zone` they are not, but for node ports.

    `dns`: whose name servers answer for the zone. `digitalocean`: the stack makes the zone, its records and its
    certificate. `elsewhere`: records are made by hand, and the certificate is in the stack's secrets.
    `hsts`: seconds for which browsers refuse plain HTTP; null: the header is not sent.
    """

    zone: HostName | None
    dns: Literal["digitalocean", "elsewhere"]
    ttl: TimeToLive
    load_balancer_nodes: LoadBalancerNodes
    hsts: HstsSeconds | None


class Alerts(Section):
    """Who hears of what goes wrong; without a receiver nothing is watched. Slack's URL is a secret."""

    emails: list[EmailAddress]
    slack_channel: SlackChannel | None

    @property
    def has_receivers(self) -> bool:
        return bool(self.emails or self.slack_channel)


class Addons(Section):
    metrics_server: bool


class ManagedDatabase(Section):
    """A database cluster of DigitalOcean, with its daily backups; `pool_size`: server connections of each service."""

    version: DatabaseVersion
    size: DatabaseSize
    nodes: DatabaseNodes
    pool_size: PoolSize | None
    maintenance: Maintenance


class InClusterDatabase(Section):
    """A database in a pod of its own, on a persistent volume; `pool`: where, or null for the default pool."""

    storage: VolumeSize
    pool: Name | None
    resources: Resources


class Database(Section):
    """One database of the stack, which services name; it is managed or in the cluster, never both."""

    engine: Engine
    managed: ManagedDatabase | None
    in_cluster: InClusterDatabase | None


NO_IMAGES = "none"  # of `images`: the registry alone is declared


class StackSettings(Section):
    """A whole stack file."""

    owner: Label
    release: Revision
    images: Images
    allow_dirty: bool
    protect: bool
    region: Region
    network: Network
    cluster: Cluster
    registry: Registry
    namespace: Name
    rollout_seconds: RolloutSeconds
    ingress: Ingress
    alerts: Alerts
    addons: Addons
    databases: list[Database]
    services: Annotated[list[Service], Field(min_length=1)]

    def builds(self, service: str) -> bool:
        """Whether the service's image is declared here, and not looked up."""
        choice, _, names = self.images.partition(":")
        return choice == "build" and (not names or service in names.split(","))

    @property
    def hosts(self) -> list[str]:
        """Where services answer from outside, in the order of the services."""
        return [service.host for service in self.services if service.host]

    def clients(self, database: Database) -> list[str]:
        """The services that use a database."""
        return [service.name for service in self.services if database.engine in service.databases]
