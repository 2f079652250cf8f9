"""The model of a service."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from infra.config.section import Engine, Resources, Section
from infra.config.types import (
    AnnotationName,
    AnyPort,
    DrainSeconds,
    Folder,
    HostName,
    MountPath,
    Name,
    NodePort,
    ObjectName,
    Port,
    Retries,
    RunSeconds,
    Schedule,
    ServiceUrl,
    StartupSeconds,
    StopSeconds,
    TimeZone,
    UserId,
    Variable,
    VolumeSize,
)
from infra.config.types import Replicas as ReplicaCount
from infra.config.workload import Concurrency, Kind, NamedPort, Probe, Scaling, When


class Replicas(Section):
    """Equal: that many. Different: as many as the load asks for."""

    min: ReplicaCount
    max: ReplicaCount


class Health(Section):
    """Where a service answers whether it lives and may be asked; `startup_seconds`: until it must live."""

    liveness: Probe | None = Probe(http="/livez")
    readiness: Probe | None = Probe(http="/readyz")
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
    port: Port | None = None
    replicas: Replicas = Replicas(min=1, max=1)
    resources: Resources
    health: Health = Health()
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
    kind: Kind = Field(
        "web",
        description="`web` answers requests, `worker` runs without a port, `cron` runs at times, and `job` runs "
        "before or after a release.",
    )
    command: list[str] = Field(default_factory=list, description="Takes the place of the image's ENTRYPOINT.")
    args: list[str] = Field(default_factory=list, description="Takes the place of the image's CMD.")
    ports: list[NamedPort] = Field(default_factory=list, description="Ports of a `web` service beside `port`.")
    clients: list[Name] | None = Field(
        None, description="The services that may call this one; null: every service of the stack."
    )
    scaling: Scaling | None = Field(
        None,
        description="What the number of pods follows where `replicas` is a range; null: 70 % of the CPU request.",
    )
    schedule: Schedule | None = Field(
        None, description='When a `cron` runs: minute, hour, day, month and weekday, such as "30 2 * * *".'
    )
    time_zone: TimeZone = Field("Etc/UTC", description="The time zone of `schedule`.")
    concurrency: Concurrency = Field(
        "forbid",
        description="What happens when a `cron` is due and its last run goes on: skip, run both, or replace it.",
    )
    deadline_seconds: RunSeconds | None = Field(
        None, description="How long a run of a `cron` (null: 3600) or a `job` (null: `rolloutSeconds`) may take."
    )
    retries: Retries = Field(2, description="How often a failed run of a `cron` or a `job` is started again.")
    when: When = Field("before", description="Whether a `job` runs before or after the services of its release.")
    priority: ObjectName | None = Field(None, description="The name of a PriorityClass that the cluster has.")
    annotations: dict[AnnotationName, str] = Field(default_factory=dict, description="Annotations of the pods.")
    pod: dict[str, Any] = Field(
        default_factory=dict,
        description="Whatever else Kubernetes has in a PodSpec; it is merged into the service's own.",
    )
    container: dict[str, Any] = Field(
        default_factory=dict,
        description="Whatever else Kubernetes has in a Container; it is merged into the service's own.",
    )

    @property
    def liveness(self) -> Probe | None:
        return self._probe("liveness", self.health.liveness)

    @property
    def readiness(self) -> Probe | None:
        return self._probe("readiness", self.health.readiness)

    @property
    def ready_path(self) -> str | None:
        """The path of its own port that answers when it is ready; None where another port or a command does."""
        return self.readiness.http if self.readiness is not None and self.readiness.port is None else None

    def _probe(self, name: str, probe: Probe | None) -> Probe | None:
        """The defaults are a web service's: nothing else listens on a port of which Slipway knows."""
        return probe if self.kind == "web" or name in self.health.model_fields_set else None

    @property
    def folders(self) -> list[str]:
        return [self.context, *self.shares]
