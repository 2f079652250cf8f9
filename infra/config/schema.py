"""The model of a stack file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from infra.config.alerts import Alerts, Logs
from infra.config.cluster import Cluster
from infra.config.database import Database
from infra.config.network_types import HostName, RegistryHost, VpcRange
from infra.config.section import Section
from infra.config.service import Service
from infra.config.types import (
    AgeDays,
    Budget,
    Cpu,
    Digest,
    HstsSeconds,
    Images,
    Label,
    LoadBalancerNodes,
    Memory,
    Name,
    Pods,
    PullRequestNumber,
    Region,
    Revision,
    RolloutSeconds,
    TimeToLive,
    VolumeSize,
)
from infra.config.verification import CanaryPercent

DIGITALOCEAN_REGISTRY = "registry.digitalocean.com"
NO_IMAGES = "none"  # of `images`: the registry alone is declared


class Network(Section):
    """The stack's private network (VPC)."""

    ip_range: VpcRange
    """The addresses of nodes, databases and the load balancer. It cannot be changed later."""


class Registry(Section):
    """The container registry of DigitalOcean."""

    name: Name
    """The registry's name, unique among all of DigitalOcean."""
    owned: bool = True
    """Whether this stack makes the registry; one stack of an account does, the others read it."""
    tier: Literal["starter", "basic", "professional"] = "basic"
    """DigitalOcean's plan: it limits the number of repositories and the storage."""
    region: Region
    """Where images are stored. Left out: `slipway:region`."""
    host: RegistryHost
    """What image names begin with. Left out: registry.digitalocean.com/ and the registry's name."""

    @property
    def server(self) -> str:
        """What logins are for: the host without the registry's name."""
        return self.host.partition("/")[0]


class Ingress(Section):
    """How services are reached from outside."""

    zone: HostName | None = None
    """The DNS zone of the stack, which its certificate covers; null: services have no host from outside."""
    dns: Literal["digitalocean", "elsewhere"] = "digitalocean"
    """Whose name servers answer for the zone. `digitalocean`: the stack makes the zone, its records and its
    certificate. `elsewhere`: records are made by hand, and the certificate is in the stack's secrets."""
    ttl: TimeToLive = 300
    """The TTL of DNS records: seconds for which resolvers may keep one."""
    load_balancer_nodes: LoadBalancerNodes = 1
    """The load balancer's size (`size_unit`): each node adds 10,000 requests a second."""
    hsts: HstsSeconds | None = None
    """Seconds for which browsers refuse plain HTTP; null: the header is not sent."""


class Addons(Section):
    """What the stack installs beside the services."""

    metrics_server: bool = True
    """Whether metrics-server is installed, by which services scale."""
    prometheus: bool = False
    """Whether Prometheus and Alertmanager are installed, which report restarts, failed and slow answers, stuck
    rollouts and full volumes. They ask for 400 MiB of memory."""


class EnvironmentQuota(Section):
    """What one preview environment may use in all, its databases included."""

    cpu: Cpu = "2"
    """CPUs that its pods may reserve."""
    memory: Memory = "4Gi"
    """Memory that its pods may use: the sum of their limits, while a release replaces them, too."""
    storage: VolumeSize = "10Gi"
    """The size of its volumes."""
    pods: Pods = 40
    """The number of its pods."""


class PreviewEnvironments(Section):
    """The preview environments of pull requests, each in a namespace of this stack's cluster."""

    max_age_days: AgeDays = 7
    """Days after its last update after which an environment is removed."""
    quota: EnvironmentQuota = Field(default_factory=EnvironmentQuota)
    """What one environment may use."""


class PullRequest(Section):
    """Of the stack of a preview environment: written by `slipway preview-environment`, in no stack file."""

    number: PullRequestNumber
    """The pull request; the stack is called `pr-<number>`."""
    stack: Name
    """The stack whose cluster, zone and Gateway the environment uses."""
    gateway_namespace: Name
    """The namespace of that stack, in which its Gateway is."""
    digests: dict[Name, Digest] = Field(default_factory=dict)
    """The images that run, by service; empty where they are built."""


class StackSettings(Section):
    """A whole stack file."""

    owner: Label
    """The team to ask: a label and a tag on everything."""
    release: Revision = "HEAD"
    """The commit that runs. Any git revision; HEAD is the one checked out."""
    images: Images = "build"
    """`build`: an image of each service is built. `registry`: the release's images are looked up, and nothing is
    built. `build:a,b`: those two are built, and the others looked up. `none`: the registry alone is declared."""
    canary: dict[Name, CanaryPercent] = Field(default_factory=dict)
    """Services of which `release` runs as a canary, beside what ran before, each with its part of the requests in
    percent. `slipway stack deploy` sets it for one update; an update without it ends every canary."""
    allow_dirty: bool = False
    """Whether uncommitted changes may be deployed."""
    protect: bool = True
    """Whether Pulumi refuses to delete what contains data."""
    region: Region
    """DigitalOcean's region. It cannot be changed later."""
    network: Network
    """The stack's private network."""
    cluster: Cluster
    """The Kubernetes cluster."""
    registry: Registry
    """The container registry."""
    namespace: Name
    """The namespace of services and databases. It cannot be changed later."""
    rollout_seconds: RolloutSeconds = 600
    """Helm's timeout in seconds: how long a release of a service may take until every pod is ready."""
    ingress: Ingress = Field(default_factory=Ingress)
    """How services are reached from outside."""
    alerts: Alerts = Field(default_factory=Alerts)
    """What is watched, and who hears of it."""
    logs: Logs = Field(default_factory=Logs)
    """What becomes of logs."""
    budget: Budget | None = None
    """What the stack may cost, in US dollars a month; previews and `slipway cost` say when it is exceeded."""
    addons: Addons = Field(default_factory=Addons)
    """What the stack installs beside the services."""
    databases: list[Database] = Field(default_factory=list)
    """The databases that services use."""
    preview_environments: PreviewEnvironments | None = None
    """The preview environments of pull requests in this stack's cluster; null: there are none."""
    pull_request: PullRequest | None = None
    """Of the stack of a preview environment; no stack file has it."""
    services: Annotated[dict[Name, Service], Field(min_length=1)]
    """Each service by its name, and what differs in this stack from the service's own service.yaml."""

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, values: Any) -> Any:
        """Fill in what follows from other keys, where the file leaves it out."""
        registry = values.get("registry") if isinstance(values, dict) else None
        if not isinstance(registry, dict):
            return values
        derived = {}
        if "region" in values:
            derived["region"] = values["region"]
        if "name" in registry:
            derived["host"] = f"{DIGITALOCEAN_REGISTRY}/{registry['name']}"
        return {**values, "registry": {**derived, **registry}}

    def builds(self, service: str) -> bool:
        """Whether the service's image is declared here, and not looked up."""
        choice, _, names = self.images.partition(":")
        return choice == "build" and (not names or service in names.split(","))

    @property
    def hosts(self) -> list[str]:
        """Where services answer from outside, in the order of the services."""
        return [service.host for service in self.services.values() if service.host]

    def clients(self, database: Database) -> list[str]:
        """The services that use a database."""
        return [name for name, service in self.services.items() if database.engine in service.databases]
