"""Load balancers behind the API: what each is asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from localcloud.api.certificate_backend import IssuedCertificate


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
