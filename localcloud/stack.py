"""A stack file as an instance uses it: the committed one, with the instance's own ports in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.config.service import Service
from infra.config.service_file import combine_services, read_from
from infra.config.stack_file import Content, StackFileError, load_document, load_stack_file, write_stack_file
from localcloud.instance import Instance

PROJECT = "slipway"
STACK = "local"
SERVICES_KEY = f"{PROJECT}:services"
SECRETS = f"{PROJECT}:secrets."
SALT = "encryptionsalt"  # by which the Pulumi CLI decrypts them


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
        return {**config, **self.overrides, **self._ports(config)}

    def check(self) -> None:
        """Check the configuration as the program does, before anything is started.

        Raises:
            SettingsError: it is not usable; the text lists every problem.
            StackFileError: as for `configuration`.
        """
        from infra.config.settings import validate_config  # and Pulumi with it, which takes a second

        document = load_document(self.checkout / f"Pulumi.{self.name}.yaml")
        validate_config(self.configuration(), file=document, checkout=self.checkout)

    def _content(self) -> Content:
        """The committed stack file: its `config`, and what Pulumi keeps beside it to decrypt secrets."""
        return load_stack_file(self.checkout / f"Pulumi.{self.name}.yaml")

    def node_ports(self) -> dict[str, int]:
        """Each service's nodePort by name, of the services that have one."""
        return _node_ports(self.services())

    def services(self) -> dict[str, dict[str, Any]]:
        """Each service's keys, as its service.yaml and the stack file have them; unusable entries are left out."""
        return combine_services(self._entries(), read_from(self.checkout)).values

    def service(self, name: str) -> Service:
        """Return a service with its defaults.

        Raises:
            ValidationError: it is not usable; see `check`.
        """
        return Service.model_validate(self.services()[name])

    def only(self, names: Sequence[str]) -> dict[str, Any]:
        """The entries of `slipway:services` with these names.

        Raises:
            StackFileError: one is no service.
        """
        known = self._entries()
        if strangers := [name for name in names if name not in known]:
            raise StackFileError(
                f"SERVICES has {', '.join(strangers)}, which is no service; there are {', '.join(known)}"
            )
        return {name: entry for name, entry in known.items() if name in names}

    def _entries(self) -> dict[str, Any]:
        entries = self.configuration().get(SERVICES_KEY)
        return entries if isinstance(entries, dict) else {}

    def write(self) -> Path:
        """The configuration as a stack file for the Pulumi CLI (`--config-file`).

        Secrets that `pulumi config set --secret` wrote there stay: they are this machine's, and not in the checkout.
        """
        file = self.instance.home / f"Pulumi.{self.name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        held = load_stack_file(file) if file.exists() else {"config": {}}
        secrets = {key: value for key, value in held["config"].items() if str(key).startswith(SECRETS)}
        own = {key: value for key, value in held.items() if key == SALT}
        content = {**own, **self._content(), "config": {**secrets, **self.configuration()}}
        partial.write_text(write_stack_file(content), encoding="utf-8")
        partial.replace(file)
        return file

    def _ports(self, config: dict[str, Any]) -> dict[str, Any]:
        registry = dict(config.get(f"{PROJECT}:registry") or {})
        _, _, name = str(registry.get("host", "")).partition("/")
        registry["host"] = f"{self.instance.registry}/{name}"
        services = self.overrides.get(SERVICES_KEY, config.get(SERVICES_KEY))
        ports = _node_ports(combine_services(services, read_from(self.checkout)).values)
        urls = {name: {"url": self.instance.service_url(port)} for name, port in ports.items()}
        if isinstance(services, dict):
            services = {
                name: {**(entry or {}), **urls[name]} if name in urls else entry for name, entry in services.items()
            }
        return {
            "digitalocean:apiEndpoint": f"http://127.0.0.1:{self.instance.api_port}",
            f"{PROJECT}:registry": registry,
            SERVICES_KEY: services,
        }


def _node_ports(services: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    ports = {name: service.get("nodePort") for name, service in services.items()}
    return {name: port for name, port in ports.items() if type(port) is int}


def checkout() -> Path:
    """The folder of the program this package is part of."""
    return Path(__file__).resolve().parent.parent
