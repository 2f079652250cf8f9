"""An emulated DigitalOcean account with real services behind it, empty until something is created in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from infra.versions import MAINTENANCE_IMAGE, SHELL_IMAGE
from localcloud.backends.registry_logins import AccountRegistry
from localcloud.cloud import LocalCloud
from localcloud.daemons import api_daemon
from localcloud.machine import cgroups, docker, forward, network, registry
from localcloud.machine.daemons import Daemon
from localcloud.rehearsal.backends import NAME_SERVERS
from localcloud.steps import Report


@dataclass
class Account(LocalCloud):
    """What has to run before the first request: registries, the API and the tools of its services.

    `stack` says which public images the clusters may pull.

    Attributes:
        name_servers: asked for what this account's own does not know, before the machine's: other accounts'.
    """

    name_servers: tuple[str, ...] = ()

    def find_pushed_images(self) -> set[str]:
        """Those that commands start, too: `slipway` gives no image to a cluster of DigitalOcean's."""
        return {*super().find_pushed_images(), MAINTENANCE_IMAGE, SHELL_IMAGE}

    @property
    def registry(self) -> AccountRegistry:
        """The account's own registry, which refuses everyone until the API creates it."""
        return AccountRegistry.of(self.instance, self.toolbox)

    def daemons(self) -> list[Daemon]:
        """Every long-running program of the account itself, in the order in which they start."""
        instance = self.instance
        return [
            *([] if self.has_foreign_docker() else [docker.daemon(instance)]),
            registry.daemon(instance, self.toolbox),
            forward.daemon(instance, "registry", instance.registry_port, instance.registry_port),
            forward.daemon(
                instance, "account-registry", instance.account_registry_port, instance.account_registry_port
            ),
            self._api_daemon(),
        ]

    def ports(self) -> dict[str, int]:
        """Loopback ports of the host that the account uses, by purpose."""
        return {
            "the DigitalOcean API": self.instance.api_port,
            "the registry": self.instance.registry_port,
            "the account's registry": self.instance.account_registry_port,
        }

    def _forwards(self) -> dict[str, int]:
        return {"registry": self.instance.registry_port}

    def write_configuration(self, _: Report) -> None:
        registry.write_configuration(self.instance)

    def create_namespaces(self, _: Report) -> None:
        cgroups.create(self.instance.name)
        network.create(self.instance, self.commands)

    def start_registry_of_account(self, _: Report) -> None:
        """Start the account's own registry, and what forwards its port."""
        self.registry.start()
        self.start_forward("forward-account-registry", self.instance.account_registry_port)

    def _api_daemon(self) -> Daemon:
        return api_daemon(
            self.instance,
            self.stack.checkout,
            Path("/nonexistent"),  # each cluster has credentials of its own
            self.registry.url,
            *("--backends", "localcloud.rehearsal.backends"),
            environment={
                "SLIPWAY_INSTANCE": str(self.instance.number),
                "SLIPWAY_CACHE": str(self.instance.cache),
                NAME_SERVERS: " ".join(self.name_servers),
            },
        )
