"""The stack of a preview environment on one machine: derived from `local`, with ports of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.config.preview_environment import PreviewEnvironment, derive_configuration, parse_number
from infra.config.service_file import read_from
from infra.config.stack_file import Content, StackFileError, load_config
from localcloud.instance import Instance
from localcloud.stack import PROJECT, SERVICES_KEY, STACK, Stack

# Node ports of preview environments: the loopback ports are 9000 to 9099 of instance 0, and 100 higher of the next.
FIRST_NODE_PORT = 31_000
PORTS = 10  # of one environment
PLACES = 10  # environments of one instance at once


class PortsError(StackFileError):
    """There are no ports left for an environment, or it wants too many."""


@dataclass(frozen=True)
class PreviewStack(Stack):
    """The stack `pr-<number>` of one instance; its file is in the instance's folder, and not in the checkout.

    Attributes:
        environment: what is derived from `base`.
        base: the `local` stack.
    """

    environment: PreviewEnvironment = field(default_factory=lambda: PreviewEnvironment(number=1, stack=STACK))
    base: Stack = field(default_factory=lambda: Stack(Instance.from_environment(), Path(), {}))

    @classmethod
    def of(cls, base: Stack, number: int) -> PreviewStack:
        """The stack of a pull request, on the ports that it has, or else on free ones.

        Raises:
            StackFileError: no usable stack file, or no port is free.
        """
        environment = PreviewEnvironment(number=number, stack=base.name)
        ports = _choose_ports(base.instance, environment.name, list(base.node_ports()))
        environment = PreviewEnvironment(number=number, stack=base.name, node_ports=ports)
        return cls(base.instance, base.checkout, {}, environment.name, environment, base)

    @property
    def file(self) -> Path:
        """What `write` writes; its presence is the environment's."""
        return find_file(self.instance, self.name)

    def check(self) -> None:
        """Check the configuration as the program does.

        Raises:
            SettingsError, StackFileError: as for `Stack.check`.
        """
        from infra.config.settings import validate_config  # and Pulumi with it, which takes a second

        self.base.check()
        validate_config(self.configuration(), checkout=self.checkout)

    def _content(self) -> Content:
        config = derive_configuration(self.base.configuration(), self.environment, read_from(self.checkout))
        return {"config": config}


def find_file(instance: Instance, name: str) -> Path:
    """The stack file of an environment of an instance."""
    return instance.home / f"Pulumi.{name}.yaml"


def list_environments(instance: Instance) -> list[str]:
    """Names of the environments of an instance, by number."""
    files = instance.home.glob("Pulumi.pr-*.yaml")
    names = [file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in files]
    numbers = {name: number for name in names if (number := parse_number(name)) is not None}
    return sorted(numbers, key=lambda name: numbers[name])


def list_node_ports(instance: Instance) -> dict[str, dict[str, int]]:
    """The node ports of each environment's services, by the environment's name.

    Raises:
        StackFileError: a file is not usable.
    """
    return {name: dict(_read_ports(find_file(instance, name))) for name in list_environments(instance)}


def _read_ports(file: Path) -> Iterator[tuple[str, int]]:
    services: dict[str, Any] = load_config(file).get(SERVICES_KEY) or {}
    for name, entry in services.items():
        if isinstance(entry, dict) and isinstance(port := entry.get("nodePort"), int):
            yield name, port


def _choose_ports(instance: Instance, environment: str, services: list[str]) -> dict[str, int]:
    """A port for each service, in the place that the environment has, or in the first that is free.

    Raises:
        PortsError: there is none.
    """
    if len(services) > PORTS:
        raise PortsError(f"{PROJECT}:services has {len(services)} services with nodePort; an environment has {PORTS}")
    taken = {
        name: {(port - FIRST_NODE_PORT) // PORTS for port in ports.values()}
        for name, ports in list_node_ports(instance).items()
    }
    own = min(taken.pop(environment, set()), default=None)
    used = {place for places in taken.values() for place in places}
    free = [place for place in range(PLACES) if place not in used]
    if own not in free:
        own = free[0] if free else None
    if own is None:
        raise PortsError(f"all {PLACES} places are taken by {', '.join(taken)}: remove one, as by `make down PR=7`")
    first = FIRST_NODE_PORT + own * PORTS
    return {name: first + at for at, name in enumerate(services)}
