"""A stack file as an instance uses it: the committed one, with the instance's own ports in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.config.stack_file import Content, StackFileError, load_stack_file, write_stack_file
from localcloud.instance import Instance

PROJECT = "slipway"
STACK = "local"


@dataclass(frozen=True)
class Stack:
    """A stack of a checkout, as one instance runs it.

    Attributes:
        checkout: the folder of Pulumi.yaml.
        overrides: configuration that goes before the file's, by full key (`slipway:release`).
        name: the stack's; the file is Pulumi.<name>.yaml.
    """

    instance: Instance
    checkout: Path
    overrides: dict[str, Any]
    name: str = STACK

    def configuration(self) -> dict[str, Any]:
        """Every configuration key and value, ports moved to the instance's.

        Raises:
            StackFileError: the file is missing, not YAML, or has no `config` mapping.
        """
        config = self._content()["config"]
        return {**config, **self._ports(config), **self.overrides}

    def _content(self) -> Content:
        """The committed stack file: its `config`, and what Pulumi keeps beside it to decrypt secrets."""
        return load_stack_file(self.checkout / f"Pulumi.{self.name}.yaml")

    def node_ports(self) -> dict[str, int]:
        """Each service's nodePort by name, of the services that have one."""
        named = ((str(service["name"]), service.get("nodePort")) for service in self.services())
        return {name: int(port) for name, port in named if port}

    def services(self) -> list[dict[str, Any]]:
        """The entries of `slipway:services`."""
        return self.configuration().get(f"{PROJECT}:services") or []

    def only(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """The entries of `slipway:services` with these names.

        Raises:
            StackFileError: one is no service.
        """
        known = {str(service["name"]): service for service in self.services()}
        if strangers := [name for name in names if name not in known]:
            raise StackFileError(
                f"SERVICES has {', '.join(strangers)}, which is no service; there are {', '.join(known)}"
            )
        return [service for name, service in known.items() if name in names]

    def write(self) -> Path:
        """The configuration as a stack file for the Pulumi CLI (`--config-file`)."""
        file = self.instance.home / f"Pulumi.{self.name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        content = {**self._content(), "config": self.configuration()}
        partial.write_text(write_stack_file(content), encoding="utf-8")
        partial.replace(file)
        return file

    def _ports(self, config: dict[str, Any]) -> dict[str, Any]:
        registry = dict(config.get(f"{PROJECT}:registry") or {})
        _, _, name = str(registry.get("host", "")).partition("/")
        registry["host"] = f"{self.instance.registry}/{name}"
        services = [
            {**service, "url": self.instance.service_url(int(service["nodePort"]))}
            if service.get("nodePort")
            else service
            for service in config.get(f"{PROJECT}:services") or []
        ]
        return {
            "digitalocean:apiEndpoint": f"http://127.0.0.1:{self.instance.api_port}",
            f"{PROJECT}:registry": registry,
            f"{PROJECT}:services": services,
        }
