"""What every part of a stack file is, and the parts that services and databases share."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from infra.config.types import Cpu, Memory

# Keys of a section that follow from others where they are left out.
DERIVED = {"Registry": ("region", "host")}
Engine = Literal["postgresql", "valkey", "qdrant"]


class Section(BaseModel):
    """A mapping of a stack file or a service.yaml: camel-case keys, none unknown, nothing converted.

    The text below a key is its description in the JSON Schemas and in docs/reference.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


class Requests(Section):
    """What the scheduler reserves on a node."""

    cpu: Cpu = "50m"
    """CPUs that are reserved."""
    memory: Memory = "128Mi"
    """Memory that is reserved."""


class Limits(Section):
    """What a container may use. No CPU limit: it throttles a service that has the node to itself."""

    memory: Memory = "256Mi"
    """Memory above which the container is killed."""


class Resources(Section):
    """What a container asks for and may use."""

    requests: Requests = Field(default_factory=Requests)
    """What the scheduler reserves on a node."""
    limits: Limits = Field(default_factory=Limits)
    """What the container may use."""
