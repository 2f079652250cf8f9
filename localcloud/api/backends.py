"""The real services behind the API, as the API sees them: what each is asked for, and what it answers.

Every backend is declarative: `apply` makes a service match its specification, creates it where there is none, and
does nothing where it matches already. So an operation that was interrupted is repeated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


class BackendError(RuntimeError):
    """A service could not be made to match; the text says why, for the resource's `status.message`."""


@dataclass(frozen=True, kw_only=True)
class Taint:
    key: str
    value: str
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """One node of a pool.

    Attributes:
        name: the Kubernetes Node's name, unique in the account.
        droplet_id: becomes the Node's providerID, `digitalocean://<droplet_id>`.
        version: of its kubelet, a DOKS slug such as `1.34.4-do.0`.
        labels: beside DOKS' own, which the backend adds (`doks.digitalocean.com/node-pool` and so on).
    """

    name: str
    droplet_id: int
    pool: str
    pool_id: str
    size: str
    version: str
    labels: Mapping[str, str]
    taints: Sequence[Taint]


@dataclass(frozen=True, kw_only=True)
class ClusterSpec:
    """One Kubernetes cluster; a node that `nodes` no longer has is drained and removed."""

    id: str
    name: str
    region: str
    version: str
    cluster_subnet: str
    service_subnet: str
    nodes: Sequence[NodeSpec]


@dataclass(frozen=True, kw_only=True)
class ClusterAccess:
    """How to reach a cluster's API server: its URL, and PEM texts."""

    server: str
    certificate_authority: str
    client_certificate: str
    client_key: str


class Clusters(Protocol):
    """Kubernetes clusters. Methods block until they are done and raise BackendError."""

    def versions(self) -> Sequence[str]:
        """DOKS slugs of the versions that can run here, newest first."""

    def apply(self, spec: ClusterSpec) -> None: ...

    def delete(self, cluster_id: str) -> None: ...

    def access(self, cluster_id: str, lifetime: dt.timedelta | None = None) -> ClusterAccess:
        """How to reach a cluster for some time; None: for as long as it is there."""

    def node_addresses(self, cluster_id: str) -> Mapping[int, str]:
        """The address of each node by its droplet's id, reachable from this machine."""


@dataclass(frozen=True, kw_only=True)
class DatabaseUser:
    name: str
    password: str


@dataclass(frozen=True, kw_only=True)
class ConnectionPool:
    name: str
    mode: Literal["transaction", "session", "statement"]
    size: int
    database: str
    user: str


@dataclass(frozen=True, kw_only=True)
class DatabaseSpec:
    """One database cluster.

    Attributes:
        trusted: CIDR ranges that may connect. Empty: everyone may, as on DigitalOcean.
        max_connections: of the server, from its size.
        eviction_policy: of Valkey, in Valkey's own spelling (`allkeys-lru`); None for PostgreSQL.
        max_memory: bytes that Valkey may hold; None: what suits the machine.
    """

    id: str
    name: str
    engine: Literal["pg", "valkey"]
    version: str
    administrator: DatabaseUser
    users: Sequence[DatabaseUser]
    databases: Sequence[str]
    pools: Sequence[ConnectionPool]
    trusted: Sequence[str]
    max_connections: int
    eviction_policy: str | None
    max_memory: int | None = None


@dataclass(frozen=True, kw_only=True)
class DatabaseEndpoint:
    """Where a database answers, always with TLS. `pool_port` is PgBouncer's; None for Valkey."""

    host: str
    port: int
    pool_port: int | None


class Databases(Protocol):
    """Database clusters. Methods block until they are done and raise BackendError."""

    def apply(self, spec: DatabaseSpec) -> DatabaseEndpoint: ...

    def delete(self, database_id: str) -> None: ...

    def certificate_authority(self) -> str:
        """PEM of the authority that signed every server's certificate."""


@dataclass(frozen=True, kw_only=True)
class IssuedCertificate:
    """PEM texts; `not_after` is RFC 3339, `fingerprint` SHA-1 in lower-case hexadecimal digits."""

    leaf: str
    chain: str
    private_key: str
    not_after: str
    fingerprint: str


class Certificates(Protocol):
    """What DigitalOcean has from Let's Encrypt."""

    def issue(self, domains: Sequence[str]) -> IssuedCertificate: ...


@dataclass(frozen=True, kw_only=True)
class ForwardingRule:
    """`certificate`: of an entry protocol with TLS; its leaf, chain and key."""

    entry_protocol: Literal["http", "https", "http2", "tcp"]
    entry_port: int
    target_protocol: Literal["http", "https", "http2", "tcp"]
    target_port: int
    certificate: IssuedCertificate | None = None


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """The defaults are DigitalOcean's: openapi, load_balancers/models/health_check.yml."""

    protocol: Literal["http", "https", "tcp"]
    port: int
    path: str
    interval_seconds: int
    response_timeout_seconds: int = 5
    unhealthy_threshold: int = 3
    healthy_threshold: int = 5


@dataclass(frozen=True, kw_only=True)
class LoadBalancerSpec:
    """One load balancer on an address of its own; `targets` are addresses of droplets."""

    id: str
    name: str
    address: str
    rules: Sequence[ForwardingRule]
    targets: Sequence[str]
    health_check: HealthCheck
    redirect_http_to_https: bool
    proxy_protocol: bool
    idle_timeout_seconds: int


class LoadBalancers(Protocol):
    """Load balancers. Methods block until they are done and raise BackendError."""

    def address(self, taken: Sequence[str]) -> str:
        """An address that no load balancer of the account has."""

    def apply(self, spec: LoadBalancerSpec) -> None: ...

    def delete(self, load_balancer_id: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class DnsRecord:
    """`name` is relative to the zone, `@` its apex, `*` a wildcard; `data` as DigitalOcean keeps it.

    Attributes:
        priority: of MX and SRV.
        port: of SRV, as is `weight`.
        flags: of CAA, as is `tag`.
    """

    type: str
    name: str
    data: str
    ttl: int
    priority: int | None = None
    port: int | None = None
    weight: int | None = None
    flags: int | None = None
    tag: str | None = None


class NameServer(Protocol):
    """DigitalOcean's name servers, for the account's zones."""

    def apply(self, zones: Mapping[str, Sequence[DnsRecord]]) -> None: ...


class RegistryLogins(Protocol):
    """The logins of the account's registry, which exists from `create` to `delete`."""

    @property
    def host(self) -> str:
        """Where the registry is: what image names begin with."""

    @property
    def url(self) -> str:
        """The registry's URL with the API's own login in it."""

    def usage(self) -> int:
        """Bytes that its images take."""

    def limit(self, *, storage: int | None, repositories: int | None) -> None:
        """Refuse pushes beyond this many bytes and repositories; None: any number."""

    def create(self, registry: str) -> None: ...

    def delete(self, registry: str) -> None: ...

    def issue(self, *, write: bool, seconds: int | None) -> tuple[str, str]:
        """A new user and password; they stop working after `seconds`."""


@dataclass(frozen=True, kw_only=True)
class Backends:
    """The services of one account; None: the API only keeps records of that kind."""

    clusters: Clusters | None = None
    databases: Databases | None = None
    certificates: Certificates | None = None
    load_balancers: LoadBalancers | None = None
    name_server: NameServer | None = None
    registry_logins: RegistryLogins | None = None
