"""The real services behind the API, as the API sees them: what each is asked for, and what it answers.

Every backend is declarative: `apply` makes a service match its specification, creates it where there is none, and
does nothing where it matches already. So an operation that was interrupted is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from localcloud.api.certificate_backend import Certificates
from localcloud.api.cluster_backend import Clusters
from localcloud.api.database_backend import Databases
from localcloud.api.load_balancer_backend import LoadBalancers


class BackendError(RuntimeError):
    """A service could not be made to match; the text says why, for the resource's `status.message`."""


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
