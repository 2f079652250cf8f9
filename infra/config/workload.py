"""The parts of a service that say how its pods run: probes, further ports, and what their number follows."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from infra.config.network_types import AnyPort, Port
from infra.config.section import Section
from infra.config.types import Percentage, PortName, UrlPath

Kind = Literal["web", "worker", "cron", "job"]
Concurrency = Literal["forbid", "allow", "replace"]
When = Literal["before", "after"]
PROBE_ADVICE = (
    "a path such as /livez, or one of {http: /livez, port: 8080}, {tcp: 6379}, {grpc: 50051} and "
    "{command: [pg_isready]}, or null: no such probe"
)


class Probe(Section):
    """How Kubernetes asks a container for its health; a path alone asks the service's own port."""

    http: UrlPath | None = Field(None, description="The path that answers an HTTP request with a status below 400.")
    port: AnyPort | None = Field(
        None, description="The port that answers `http`; the service's own port if left out."
    )
    tcp: AnyPort | None = Field(None, description="A port that accepts connections.")
    grpc: AnyPort | None = Field(None, description="A port that answers the gRPC health checking protocol.")
    command: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="A command in the container that ends with status 0."
    )

    @model_validator(mode="before")
    @classmethod
    def _read_path(cls, value: Any) -> Any:
        """Take a path for the mapping that it stands for."""
        if isinstance(value, str) and value.startswith("/") and not any(letter.isspace() for letter in value):
            return {"http": value}
        if not isinstance(value, dict | Probe):
            raise ValueError(PROBE_ADVICE)  # noqa: TRY004 - pydantic reports a ValueError at the key
        return value

    @model_validator(mode="after")
    def _check_form(self) -> Probe:
        forms = [form for form in (self.http, self.tcp, self.grpc, self.command) if form is not None]
        if len(forms) != 1 or (self.port is not None and self.http is None):
            raise ValueError(PROBE_ADVICE)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The JSON Schema, with the path alone beside the mapping."""
        return {"anyOf": [{"type": "string", "pattern": r"^/\S*$"}, handler(schema)]}


class NamedPort(Section):
    """A port beside the one that answers HTTP requests."""

    name: PortName = Field(description="What the port is called in the Service and the container.")
    port: Port = Field(description="The number of the port, inside and outside of the pod.")


class Scaling(Section):
    """What the number of pods between `replicas.min` and `replicas.max` follows."""

    cpu: Percentage | None = Field(None, description="The CPU use to keep to, as a percentage of what pods request.")
    memory: Percentage | None = Field(
        None, description="The memory use to keep to, as a percentage of what pods request."
    )
    metrics: list[dict[str, Any]] = Field(
        default_factory=list,
        description="Metrics as Kubernetes' autoscaling/v2 has them, in place of `cpu` and `memory`.",
    )
