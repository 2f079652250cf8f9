"""The model of a service."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.config.section import Engine, Resources, Section
from infra.config.types import (
    AnyPort,
    DrainSeconds,
    Folder,
    HostName,
    MountPath,
    Name,
    NodePort,
    Port,
    ServiceUrl,
    StartupSeconds,
    StopSeconds,
    UrlPath,
    UserId,
    Variable,
    VolumeSize,
)
from infra.config.types import Replicas as ReplicaCount
from infra.config.verification import Verification


class Replicas(Section):
    """Equal: that many. Different: as many as the load asks for."""

    min: ReplicaCount
    max: ReplicaCount


class Health(Section):
    """Where a service answers whether it lives and may be asked; `startup_seconds`: until it must live."""

    liveness: UrlPath
    readiness: UrlPath
    startup_seconds: StartupSeconds = 60


class Storage(Section):
    size: VolumeSize
    mount_path: MountPath


class Service(Section):
    """One service: a folder with a Dockerfile, the folders that go into its image beside it, and how it runs.

    Attributes:
        pool: the workload pool that its pods run in, or null for the default pool.
        test: fetches the URL that is its one more argument, in an image without Python.
        url: where it answers from outside, where that is not `https://<host>`: a local cloud's loopback ports.
        egress: ports outside of the stack that it reaches, beside 443, DNS and the databases'.
        user: the number of the image's user.
        writable: folders that it may write to; everything else is read-only.
        drain_seconds: how long a pod that is to end goes on serving.
        stop_seconds: how long a pod that is to end has in all.
    """

    name: Name
    context: Folder
    shares: list[Folder]
    port: Port
    replicas: Replicas
    resources: Resources
    health: Health
    environment: dict[Variable, str]
    secrets: list[Variable]
    databases: list[Engine]
    host: HostName | None
    url: ServiceUrl | None = None
    node_port: NodePort | None
    storage: Storage | None
    pool: Name | None
    migrate: Annotated[list[str], Field(min_length=1)] | None
    test: Annotated[list[str], Field(min_length=1)] | None
    build_args: dict[str, str]
    egress: list[AnyPort] = Field(default_factory=list)
    user: UserId = 10001
    writable: list[MountPath] = Field(default_factory=lambda: ["/tmp"])  # noqa: S108 - of the container
    drain_seconds: DrainSeconds = 5
    stop_seconds: StopSeconds = 45
    verify: Verification = Field(
        default_factory=Verification, description="What to verify of the service after each release, by its URL."
    )

    @property
    def folders(self) -> list[str]:
        return [self.context, *self.shares]
