"""The local cloud: its parts, its programs and ports, and what starts them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property

import httpx

from localcloud import disk
from localcloud.daemons import api_daemon, dashboard_daemon
from localcloud.instance import Instance
from localcloud.live_release import LiveRelease
from localcloud.machine import cgroups, docker, forward, loopback, mounts, network, public_images, registry
from localcloud.machine.command import Commands
from localcloud.machine.daemons import Daemon, listens
from localcloud.machine.locks import exclusive
from localcloud.machine.marked_processes import RUN_MARK
from localcloud.machine.place import APISERVER_PORT
from localcloud.machine.public_images import PublicImages
from localcloud.machine.single_node import SingleNode
from localcloud.machine.supervisor import Supervisor
from localcloud.machine.toolbox import Toolbox
from localcloud.preview_environment.stack import list_node_ports
from localcloud.pulumi_engine import cli
from localcloud.pulumi_engine.workspace import Workspace
from localcloud.stack import Stack
from localcloud.steps import Report

DAEMON_SECONDS = 60.0
LAST = 999  # the priority of what is stopped first


@dataclass
class LocalCloud:
    """The parts of one instance; `localcloud.up_steps` has the order in which they come up.

    Attributes:
        environment: the stack of a preview environment, which is deployed instead of `stack`.
        live: set by the last step of `up`: the release that runs, with its URLs.
    """

    instance: Instance
    stack: Stack
    environment: Stack | None = None
    live: LiveRelease | None = None

    @cached_property
    def commands(self) -> Commands:
        return Commands({RUN_MARK: str(self.instance.run)})

    @cached_property
    def toolbox(self) -> Toolbox:
        return Toolbox(self.instance.tools, self.instance.logs, self.commands)

    @cached_property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.instance, self.commands.cancelled)

    @cached_property
    def node(self) -> SingleNode:
        return SingleNode(self.instance, self.toolbox)

    def find_pushed_images(self) -> set[str]:
        """Images that pods run: the cluster's nodes look for them in the local registry first."""
        return set(public_images.database_images(self.stack))

    def get_image(self, name: str, report: Report, *, pushed: bool) -> None:
        """Get a public image, which needs the Python base image.

        Args:
            pushed: whether into the local registry, too, for pods.

        Raises:
            PublicImageError, CommandError: it can neither be pulled nor be built.
        """
        with self._image_lock(name):
            self.images.ensure(name, report)
        if pushed:
            self.images.push(name, self.instance.registry)

    def get_python_image(self, report: Report) -> None:
        """Get the image that every fallback image is built on.

        Raises:
            CommandError: it can neither be pulled nor be built.
        """
        with self._image_lock("python"):
            self.images.ensure_python(report)

    def _image_lock(self, name: str) -> AbstractContextManager[None]:
        """Instances share a Docker Engine, and with it the images: only one of them makes an image at a time."""
        file = self.instance.run.with_name("images") / f"{name.replace('/', '-')}.lock"
        return exclusive(file, cancelled=self.commands.cancelled)

    @property
    def images(self) -> PublicImages:
        login = registry.credentials(self.instance)
        return PublicImages(self.engine, self.instance.cache / "partial", login.auth)

    @property
    def workspace(self) -> Workspace:
        """The stack of this cloud as Pulumi's engine sees it; see `open_workspace`."""
        return self.open_workspace(self.stack)

    def open_workspace(self, stack: Stack) -> Workspace:
        """A stack as Pulumi's engine sees it.

        Raises:
            MissingCliError: there is no Pulumi CLI yet.
        """
        docker_environment = self.engine.environment if docker.address() else {}
        return Workspace(self.instance, stack, self.commands, self.toolbox, docker_environment, self.pulumi)

    @property
    def pulumi(self) -> cli.Cli:
        """The Pulumi CLI.

        Raises:
            MissingCliError: there is none yet.
        """
        found = cli.find(self.toolbox)
        if found is None:
            raise cli.MissingCliError("there is no Pulumi CLI yet: run `make up`, which downloads or builds one")
        return found

    @cached_property
    def engine(self) -> docker.Engine:
        """The Docker Engine that answers; asked for once it is known to run, as each search asks every engine.

        Raises:
            DockerError: none does.
        """
        host = docker.address()
        if host is None:
            raise docker.DockerError("no Docker Engine answers any more; run `make up` again")
        config = registry.docker_config(self.instance)
        return docker.Engine(host, self.commands, self.instance.logs / "docker.log", config)

    def daemons(self) -> list[Daemon]:
        """Every long-running program, in the order in which they start."""
        instance = self.instance
        ports = self.stack.node_ports()
        forwards = [
            forward.daemon(instance, "registry", instance.registry_port, instance.registry_port),
            forward.daemon(instance, "apiserver", instance.apiserver_port, APISERVER_PORT),
            *(forward.daemon(instance, name, instance.service_port(port), port) for name, port in ports.items()),
        ]
        environments = [
            # A priority of their own: they come and go, and a change of another program's place would restart it.
            replace(forward.daemon(instance, name, instance.service_port(port), port), priority=LAST)
            for name, port in self._environment_ports().items()
        ]
        engine = [] if self.has_foreign_docker() else [docker.daemon(instance)]
        return [
            *engine,
            registry.daemon(instance, self.toolbox),
            *forwards,
            *self.node.daemons(),
            self._api_daemon(),
            dashboard_daemon(self.instance, self.stack.checkout),
            *environments,
        ]

    def ports(self) -> dict[str, int]:
        """Loopback ports of the host that this instance uses, by purpose."""
        return {
            "the DigitalOcean API": self.instance.api_port,
            "the registry": self.instance.registry_port,
            "the Kubernetes API": self.instance.apiserver_port,
            "the status page": self.instance.dashboard_port,
            **self._service_ports(),
        }

    def node_ports(self) -> dict[str, int]:
        """The node ports of this stack's services, and of its preview environments'."""
        return {**self.stack.node_ports(), **self._environment_ports()}

    def _environment_ports(self) -> dict[str, int]:
        """The node ports of preview environments: `pr-7-backend`."""
        environments = list_node_ports(self.instance).items()
        return {f"{name}-{service}": port for name, ports in environments for service, port in ports.items()}

    def has_foreign_docker(self) -> bool:
        """Whether an engine answers that this instance did not start."""
        return docker.address() is not None and "dockerd" not in self.supervisor.states()

    def _api_daemon(self) -> Daemon:
        registry_url = registry.credentials(self.instance).url
        return api_daemon(self.instance, self.stack.checkout, self.node.files.credentials, registry_url)

    def write_configuration(self, _: Report) -> None:
        self.node.write_files()
        registry.write_configuration(self.instance)

    def create_namespaces(self, _: Report) -> None:
        cgroups.create(self.instance.name)
        network.create(self.instance, self.commands)
        mounts.create(self.instance, self.commands)

    def start_supervisor(self, _: Report) -> None:
        self.supervisor.start(self.daemons())

    def start_docker(self, _: Report) -> None:
        if not self.has_foreign_docker():
            self.supervisor.ensure("dockerd", lambda: docker.address() is not None, DAEMON_SECONDS)
        docker.install_builder(self.commands, self.instance.logs / "packages.log")

    def start_registry(self, _: Report) -> None:
        instance = self.instance
        port = instance.registry_port
        if self.supervisor.states().get("registry") != "RUNNING":
            disk.remove_old_releases(instance, self.toolbox, self.commands)
        self.supervisor.ensure("registry", lambda: listens(instance.node_address, port), DAEMON_SECONDS)
        for name, host_port in self._forwards().items():
            self.start_forward(f"forward-{name}", host_port)

    def _forwards(self) -> dict[str, int]:
        """Loopback ports that lead into the network namespace, by name."""
        return {
            "registry": self.instance.registry_port,
            "apiserver": self.instance.apiserver_port,
            **self._service_ports(),
        }

    def _service_ports(self) -> dict[str, int]:
        return {name: self.instance.service_port(port) for name, port in self.node_ports().items()}

    def start_forward(self, name: str, port: int) -> None:
        self.supervisor.ensure(name, lambda: listens("127.0.0.1", port), DAEMON_SECONDS)

    def start_api(self, _: Report) -> None:
        url = f"http://127.0.0.1:{self.instance.api_port}/_emulator/health"

        def answers() -> bool:
            try:
                return loopback.get(url, timeout=1.0).is_success
            except httpx.HTTPError:
                return False

        self.supervisor.ensure("digitalocean-api", answers, DAEMON_SECONDS)

    def start_dashboard(self, _: Report) -> None:
        """Nothing waits for it: it is there long before the deploy ends."""
        self.supervisor.ensure("dashboard", lambda: True, DAEMON_SECONDS)
