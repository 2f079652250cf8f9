"""What the stack's state holds before this run, as far as the program has to decide by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

IMAGE = "docker:index/image:Image"
REGISTRY = "digitalocean:index/containerRegistry:ContainerRegistry"


@dataclass(frozen=True)
class StackState:
    """The state's resources.

    Attributes:
        images: every tag (`host/repository:tag`) that an Image resource of the state built.
        has_registry: whether the state holds a container registry.
    """

    images: frozenset[str]
    has_registry: bool

    @classmethod
    def read(cls) -> StackState:
        """The state of the stack that runs, as the engine read it.

        A function of the engine itself, which StackReference is made of, too.
        """
        name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
        reply = pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": name}).value
        return cls.of(reply["outputs"].values() if reply else ())

    @classmethod
    def of(cls, resources: Any) -> StackState:
        """The state of resources as the engine lists them: a `type` and its `outputs` each."""
        held: list[Mapping[str, Any]] = list(resources)
        images = (resource["outputs"].get("imageName") for resource in held if resource["type"] == IMAGE)
        return cls(
            images=frozenset(str(image) for image in images if image),
            has_registry=any(resource["type"] == REGISTRY for resource in held),
        )
