"""What a stack file may say: the one reader of Pulumi's configuration, and the checks of single values.

Every stack has the same keys. What is wrong is reported all at once, each with its key, its value and what
to write instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

import pulumi
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from infra.consistency import inconsistencies
from infra.values import Cidr, CronHour, Day, EmailAddress, HostName, Label, Name, Quantity, VersionSlug

PROJECT = "slipway"
ABSENT = object()


class SettingsError(pulumi.RunError):
    """The stack file is not usable; the text lists everything that is wrong with it."""


class Section(BaseModel):
    """A mapping of the stack file: camel-case keys, none unknown, none missing, nothing converted."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, strict=True, hide_input_in_errors=True
    )


class Network(Section):
    ip_range: Cidr


class Maintenance(Section):
    """A weekly window of four hours; `start_time` is UTC."""

    day: Day
    start_time: CronHour


class Firewall(Section):
    """Who may reach the control plane."""

    enabled: bool
    allowed_addresses: list[Cidr | Annotated[str, Field(pattern=r"^\d{1,3}(\.\d{1,3}){3}$")]]


class Pool(Section):
    """Nodes of one size, whose number the cluster's autoscaler chooses."""

    size: Annotated[str, Field(pattern=r"^[a-z]+[a-z0-9.-]*-\d+vcpu-[a-z0-9-]+$")]
    min_nodes: Annotated[int, Field(ge=1)]
    max_nodes: Annotated[int, Field(ge=1, le=512)]


class Taint(Section):
    key: str
    value: str
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class WorkloadPool(Pool):
    name: Name
    labels: dict[str, str]
    taints: list[Taint]


class Cluster(Section):
    version: VersionSlug
    ha: bool
    cluster_subnet: Cidr
    service_subnet: Cidr
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
    region: Name
    host: Annotated[str, Field(pattern=r"^[a-z0-9.-]+(:\d+)?/[a-z0-9][a-z0-9-]*$")]
    pull_secret: bool


class Addons(Section):
    ingress_nginx: bool
    cert_manager: bool
    acme_email: EmailAddress | None
    metrics_server: bool
    kube_prometheus_stack: bool


class Replicas(Section):
    """Equal: that many. Different: as many as the load asks for."""

    min: Annotated[int, Field(ge=1)]
    max: Annotated[int, Field(ge=1, le=100)]


class Requests(Section):
    cpu: Quantity
    memory: Quantity


class Limits(Section):
    """No CPU limit: it throttles a service that has the node to itself."""

    memory: Quantity


class Resources(Section):
    requests: Requests
    limits: Limits


class Health(Section):
    liveness: Annotated[str, Field(pattern=r"^/")]
    readiness: Annotated[str, Field(pattern=r"^/")]


class Storage(Section):
    size: Quantity
    mount_path: Annotated[str, Field(pattern=r"^/.+")]


class Service(Section):
    """One service: a folder with a Dockerfile, and how it runs."""

    name: Name
    context: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$")]
    port: Annotated[int, Field(ge=1024, le=65535)]
    replicas: Replicas
    resources: Resources
    health: Health
    environment: dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], str]
    secrets: list[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]]
    host: HostName | None
    node_port: Annotated[int, Field(ge=30000, le=32767)] | None
    storage: Storage | None
    migrate: Annotated[list[str], Field(min_length=1)] | None
    build_args: dict[str, str]


class StackSettings(Section):
    """Everything a stack file says."""

    owner: Label
    release: Annotated[str, Field(min_length=1)]
    images: Literal["build", "registry"]
    allow_dirty: bool
    protect: bool
    region: Annotated[str, Field(pattern=r"^[a-z]{3}\d$")]
    network: Network
    cluster: Cluster
    registry: Registry
    namespace: Name
    addons: Addons
    services: Annotated[list[Service], AfterValidator(lambda services: services), Field(min_length=1)]

    @classmethod
    def from_pulumi(cls) -> StackSettings:
        """The settings of the stack that runs.

        Raises:
            SettingsError: a key is missing or unknown, or a value is not usable.
        """
        config = pulumi.Config(PROJECT)
        keys = [to_camel(name) for name in cls.model_fields]
        found = {key: parsed(text) for key in keys if (text := config.get(key)) is not None}
        return cls.checked(found)

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> StackSettings:
        """The settings that these values, by key without the project's name, stand for.

        Raises:
            SettingsError: see `from_pulumi`.
        """
        try:
            settings = cls.model_validate(dict(values))
        except ValidationError as error:
            raise SettingsError(_report([_explain(problem, values) for problem in error.errors()])) from None
        if problems := inconsistencies(settings):
            raise SettingsError(_report(problems))
        return settings

    def secret(self, service: str, name: str) -> pulumi.Output[str]:
        """A service's secret, from configuration key `slipway:secrets.<service>.<name>`; stays secret.

        Raises:
            SettingsError: the key is not set.
        """
        key = f"secrets.{service}.{name}"
        value = pulumi.Config(PROJECT).get_secret(key)
        if value is None:
            command = f"pulumi config set --secret {PROJECT}:{key}"
            raise SettingsError(_report([f"{PROJECT}:{key} is missing; run `{command}`"]))
        return value


def parsed(text: str) -> Any:
    """A configuration text as what was written in the file: structured values reach us as JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _report(problems: list[str]) -> str:
    count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
    return "\n".join([f"the stack file has {count}:", *(f"  - {problem}" for problem in problems)])


def _explain(problem: Any, values: Mapping[str, Any]) -> str:
    """One pydantic error as a sentence with the key as it stands in the file."""
    location = problem["loc"]
    key = f"{PROJECT}:" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)[1:]
    value = _at(values, location)
    if problem["type"] == "missing":
        return f"{key} is missing; add it, as in the other stack files"
    if problem["type"] == "extra_forbidden":
        known = _known(location[:-1])
        close = get_close_matches(str(location[-1]), known, 1)
        advice = f"did you mean `{close[0]}`?" if close else f"known keys here: {', '.join(known)}"
        return f"{key} is not a key of a stack file; {advice}"
    shown = "" if value is ABSENT else f" is {json.dumps(value)}"
    return f"{key}{shown}; write {_advice(problem)}"


def _advice(problem: Any) -> str:
    context = problem.get("ctx", {})
    match problem["type"]:
        case "literal_error":
            return f"one of {context['expected']}"
        case "value_error":
            return str(context["error"])
        case "string_pattern_mismatch":
            return f"text of the form {context['pattern']}"
        case _:
            return str(problem["msg"]).replace("Input should be ", "").replace("a valid ", "a ")


def _at(values: Any, location: tuple[Any, ...]) -> Any:
    for part in location:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return values


def _known(location: tuple[Any, ...]) -> list[str]:
    """The keys that may stand at a place of the file."""
    model: Any = StackSettings
    for part in location:
        if isinstance(part, str):
            field = next(field for field in model.model_fields.values() if field.alias == part)
            model = _section(field.annotation)
    return [str(field.alias) for field in model.model_fields.values()]


def _section(annotation: Any) -> Any:
    """The Section inside an annotation such as `list[Service]` or `Storage | None`."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(found for inner in annotation.__args__ if (found := _section_or_none(inner)))


def _section_or_none(annotation: Any) -> Any:
    try:
        return _section(annotation)
    except (AttributeError, StopIteration):
        return None
