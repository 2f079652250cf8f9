"""An emulated DigitalOcean account with real services behind it, empty until something is created in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from infra.versions import MAINTENANCE_IMAGE, SHELL_IMAGE
from localcloud import versions
from localcloud.backends.registry_logins import AccountRegistry
from localcloud.cloud import LocalCloud
from localcloud.machine import cgroups, docker, forward, network, objects, packages, registry
from localcloud.machine.daemons import Daemon
from localcloud.machine.toolbox import KUBERNETES_VERSIONS
from localcloud.rehearsal.backends import NAME_SERVERS
from localcloud.steps import Report, Step


@dataclass
class Account(LocalCloud):
    """What has to run before the first request: registries, the API and the tools of its services.

    `stack` says which public images the clusters may pull.

    Attributes:
        name_servers: asked for what this account's own does not know, before the machine's: other accounts'.
    """

    name_servers: tuple[str, ...] = ()

    def steps(self) -> list[Step]:
        """The steps that start the account. Seconds are those of a first run on two cores."""
        images = self._image_steps()
        return [
            *self._tool_steps(),
            *self._service_steps(),
            *self._machine_steps(),
            *images,
            Step(
                name="push system images",
                work=lambda _: objects.push_images(self.instance, self.toolbox, self.engine),
                needs=["compile Kubernetes", "start Docker", "start the registry"],
                seconds=3,
            ),
            Step(
                name="start the DigitalOcean API",
                work=self._start_api,
                needs=[
                    *(step.name for step in self._service_steps()),
                    *(step.name for step in images),
                    "start the supervisor",
                    "start the account's registry",
                    "compile Helm and kubectl",
                    "get provider plugins",
                    "push system images",
                ],
                seconds=2,
            ),
        ]

    def _find_pushed_images(self) -> set[str]:
        """Those that commands start, too: `slipway` gives no image to a cluster of DigitalOcean's."""
        return {*super()._find_pushed_images(), MAINTENANCE_IMAGE, SHELL_IMAGE}

    def _service_steps(self) -> list[Step]:
        others = [version for version in KUBERNETES_VERSIONS if version != versions.KUBERNETES]
        return [
            Step(
                name="install database servers",
                work=lambda _: packages.install_servers(self.commands, self.instance.logs / "packages.log"),
                needs=["install packages"],
                seconds=15,
            ),
            Step(name="get the Gateway API", work=self.toolbox.fetch_gateway_api, seconds=5),
            *(
                Step(
                    name=f"compile Kubernetes {version}",
                    work=partial(self.toolbox.build_kubernetes, version=version),
                    needs=["compile Kubernetes", "compile Helm and kubectl"],
                    seconds=280,
                )
                for version in others
            ),
            Step(
                name="start the account's registry",
                work=self._start_account_registry,
                needs=["start the supervisor", "unpack Debian programs"],
            ),
        ]

    @property
    def registry(self) -> AccountRegistry:
        """The account's own registry, which refuses everyone until the API creates it."""
        return AccountRegistry.of(self.instance, self.toolbox)

    def daemons(self) -> list[Daemon]:
        """Every long-running program of the account itself, in the order in which they start."""
        instance = self.instance
        return [
            *([] if self._foreign_docker() else [docker.daemon(instance)]),
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

    def _write_configuration(self, _: Report) -> None:
        registry.write_configuration(self.instance)

    def _create_namespaces(self, _: Report) -> None:
        cgroups.create(self.instance.name)
        network.create(self.instance, self.commands)

    def _start_account_registry(self, _: Report) -> None:
        self.registry.start()
        self._start_forward("forward-account-registry", self.instance.account_registry_port)

    def _api_daemon(self) -> Daemon:
        return self._serve_api(
            Path("/nonexistent"),  # each cluster has credentials of its own
            self.registry.url,
            *("--backends", "localcloud.rehearsal.backends"),
            environment={
                "SLIPWAY_INSTANCE": str(self.instance.number),
                "SLIPWAY_CACHE": str(self.instance.cache),
                NAME_SERVERS: " ".join(self.name_servers),
            },
        )
