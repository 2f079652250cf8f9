"""The model of a service."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from infra.config.network_types import AnyPort, HostName, NodePort, Port, ServiceUrl
from infra.config.section import Engine, Resources, Section
from infra.config.types import (
    AnnotationName,
    DrainSeconds,
    Folder,
    MountPath,
    Name,
    ObjectName,
    Retries,
    RunSeconds,
    Schedule,
    StartupSeconds,
    StopSeconds,
    TimeZone,
    UserId,
    Variable,
    VolumeSize,
)
from infra.config.types import Replicas as ReplicaCount
from infra.config.verification import Verification
from infra.config.workload import Concurrency, Kind, NamedPort, Probe, Scaling, When


class Replicas(Section):
    """How many pods. Equal: that many. Different: as many as the load asks for."""

    min: ReplicaCount = 2
    """The least number of pods."""
    max: ReplicaCount = 2
    """The largest number of pods."""


class Health(Section):
    """Where a service answers whether it lives and may be asked."""

    liveness: Probe | None = Probe(http="/livez")
    """What answers while the process works; a pod that stops answering is restarted."""
    readiness: Probe | None = Probe(http="/readyz")
    """What answers while the service may be asked; a pod that stops answering gets no requests."""
    startup_seconds: StartupSeconds = 60
    """How long it may take after the start until `liveness` answers."""


class Storage(Section):
    """A volume of one pod."""

    size: VolumeSize
    """The size of the volume."""
    mount_path: MountPath
    """The folder where the container finds it."""


class Service(Section):
    """One service: a folder with a Dockerfile, the folders that go into its image beside it, and how it runs."""

    name: str
    """What the service is called: its image, its pods, and its host name inside the cluster."""
    folder: Folder
    """The folder of its Dockerfile and its service.yaml. Left out: the folder of the service's name."""
    shares: list[Folder] = Field(default_factory=list)
    """Other folders of the repository that go into the image, which is then built from the repository's root; without
    any it is built from `folder`."""
    port: Port | None = None
    """The port that a `web` service listens on; other services reach it on port 80."""
    replicas: Replicas = Field(default_factory=Replicas)
    """How many pods."""
    resources: Resources = Field(default_factory=Resources)
    """What each container asks for and may use."""
    health: Health = Field(default_factory=Health)
    """Where the service answers whether it lives and may be asked."""
    environment: dict[Variable, str] = Field(default_factory=dict)
    """Environment variables that are no secrets."""
    secrets: list[Variable] = Field(default_factory=list)
    """Environment variables whose values are secrets of the stack: `slipway:secrets.<service>.<variable>`."""
    databases: list[Engine] = Field(default_factory=list)
    """The databases of the stack that it uses; each gives it variables such as DATABASE_URL."""
    host: HostName | None = None
    """The host name at which users reach it; null: only other services do."""
    url: ServiceUrl | None = None
    """Where it answers from outside, where that is not `https://<host>`: a local cloud's loopback ports."""
    node_port: NodePort | None = None
    """A port of each node, for a local cloud without a load balancer."""
    storage: Storage | None = None
    """A volume; a service with one runs one pod."""
    pool: Name | None = None
    """The workload pool that its pods run in; null: the default pool."""
    migrate: Annotated[list[str], Field(min_length=1)] | None = None
    """The command, in the service's image, that runs before each release."""
    seed: Annotated[list[str], Field(min_length=1)] | None = None
    """The command, in the service's image, that fills the databases of a preview environment before each of its
    releases, after `migrate`; it skips what exists already. Other stacks never run it."""
    test: Annotated[list[str], Field(min_length=1)] | None = None
    """The command of `helm test`, with a URL as one more argument; null: Python of the image asks."""
    build_args: dict[str, str] = Field(default_factory=dict)
    """Arguments of the image's build."""
    egress: list[AnyPort] = Field(default_factory=list)
    """Ports outside of the stack that it reaches, beside 443, DNS and the databases'."""
    user: UserId = 10001
    """The number of the image's user."""
    # Of the container, not of this machine.
    writable: list[MountPath] = Field(default_factory=lambda: ["/tmp"])  # noqa: S108  # nosec B108
    """Folders that it may write to; everything else is read-only."""
    drain_seconds: DrainSeconds = 5
    """How long a pod that is to end keeps serving."""
    stop_seconds: StopSeconds = 45
    """How long a pod that is to end has in all."""
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
        description="What happens when a `cron` is due and its last run still runs: skip, run both, or replace it.",
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

    verify: Verification = Field(default_factory=Verification)
    """What to verify of the service after each release, by its URL, or at a pod where it has none."""

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
        return [self.folder, *self.shares]
