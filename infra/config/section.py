"""What every part of a stack file is, and the parts that services and databases share."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from infra.config.types import Cpu, Memory

Engine = Literal["postgresql", "valkey", "qdrant"]


class Section(BaseModel):
    """A mapping of the stack file: camel-case keys, none unknown, none missing, nothing converted."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, strict=True, hide_input_in_errors=True
    )


class Requests(Section):
    cpu: Cpu
    memory: Memory


class Limits(Section):
    """No CPU limit: it throttles a service that has the node to itself."""

    memory: Memory


class Resources(Section):
    requests: Requests
    limits: Limits
