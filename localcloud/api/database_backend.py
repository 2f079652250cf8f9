"""Database servers behind the API: what each is asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


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
