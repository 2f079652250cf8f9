"""Every step of `up`: the table of contents of the local cloud."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import httpx

from localcloud import disk
from localcloud.api.access_token import token
from localcloud.deployment import Deployment, LiveRelease
from localcloud.instance import Instance
from localcloud.machine import (
    cgroups,
    docker,
    forward,
    loopback,
    mounts,
    network,
    objects,
    packages,
    public_images,
    registry,
)
from localcloud.machine.command import Commands
from localcloud.machine.daemons import RUN_MARK, Daemon, Supervisor, listens
from localcloud.machine.locks import exclusive
from localcloud.machine.place import APISERVER_PORT
from localcloud.machine.public_images import PublicImages
from localcloud.machine.single_node import SingleNode
from localcloud.machine.toolbox import Toolbox
from localcloud.preview_environment.stack import list_node_ports
from localcloud.pulumi_engine import cli
from localcloud.pulumi_engine.workspace import Workspace, plugins_of
from localcloud.stack import STACK, Stack
from localcloud.steps import Report, Step

DAEMON_SECONDS = 60.0
LAST = 999  # the priority of what is stopped first


@dataclass
class LocalCloud:
    """The parts of one instance, and the order in which they come up.

    Attributes:
        environment: the stack of a preview environment, which is deployed instead of `stack`.
        live: set by the last step: the release that runs, with its URLs.
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

    def steps(self) -> list[Step]:
        """The steps of `up`. Seconds are those of a first run on two cores."""
        images = self._image_steps()
        return [
            *self._tool_steps(),
            *self._machine_steps(),
            *images,
            *self._cluster_steps(),
            Step(name="start the DigitalOcean API", work=self._start_api, needs=["start the supervisor"], seconds=2),
            Step(name="start the status page", work=self._start_dashboard, needs=["start the supervisor"]),
            Step(
                name="deploy",
                work=self._deploy,
                needs=[
                    "start the node",
                    "compile Helm and kubectl",
                    "start the DigitalOcean API",
                    "get the Python base image",
                    "get provider plugins",
                    *(step.name for step in images),
                ],
                seconds=90,
            ),
        ]

    def tool_steps(self) -> list[Step]:
        """The steps that get what tests and previews need: Helm, kubectl, the Pulumi CLI and its plugins."""
        names = {
            "unpack Debian programs",
            "compile Helm and kubectl",
            "get the Pulumi CLI",
            "get provider plugins",
        }
        steps = [step for step in self._tool_steps() if step.name in names]
        return [replace(step, needs=[need for need in step.needs if need in names]) for step in steps]

    def _tool_steps(self) -> list[Step]:
        network_log = self.instance.logs / "packages.log"
        return [
            Step(
                name="install packages",
                work=lambda _: packages.install(self.commands, network_log),
                seconds=15,
            ),
            Step(
                name="unpack Debian programs",
                work=self.toolbox.fetch_debian,
                needs=["install packages"],
                seconds=4,
            ),
            Step(name="compile Kubernetes", work=self.toolbox.build_kubernetes, seconds=280),
            Step(
                name="compile Helm and kubectl",
                work=self.toolbox.build_clients,
                needs=["compile Kubernetes"],  # the same module: most of its packages are compiled by then
                seconds=40,
            ),
            Step(name="get the Pulumi CLI", work=self._get_cli, seconds=300),
            Step(
                name="get provider plugins",
                work=self._get_plugins,
                needs=["get the Pulumi CLI"],
            ),
            Step(
                name="remove build caches",
                work=lambda _: self.toolbox.remove_build_cache(),
                needs=["compile Helm and kubectl", "get the Pulumi CLI"],
            ),
        ]

    def _machine_steps(self) -> list[Step]:
        return [
            Step(name="write configuration", work=self._write_configuration),
            Step(name="create the namespaces", work=self._create_namespaces, needs=["install packages"]),
            Step(
                name="start the supervisor",
                work=self._start_supervisor,
                needs=["write configuration", "create the namespaces"],
            ),
            Step(name="start Docker", work=self._start_docker, needs=["start the supervisor"]),
            Step(
                name="get the Python base image",
                work=self.get_python_image,
                needs=["start Docker"],
                seconds=25,
            ),
            Step(
                name="start the registry",
                work=self._start_registry,
                needs=["start the supervisor", "unpack Debian programs"],
            ),
        ]

    def _cluster_steps(self) -> list[Step]:
        return [
            Step(
                name="start the control plane",
                work=lambda report: self.node.start_control_plane(self.supervisor, self.commands, report),
                needs=["compile Kubernetes", "start the supervisor", "unpack Debian programs"],
                seconds=4,
            ),
            Step(
                name="push system images",
                work=lambda _: objects.push_images(self.instance, self.toolbox, self.engine),
                needs=["compile Kubernetes", "start Docker", "start the registry"],
                seconds=3,
            ),
            Step(
                name="start the node",
                work=lambda _: self.node.start_kubelet(self.supervisor),
                needs=["start the control plane", "push system images"],
            ),
            Step(
                name="apply system objects",
                work=lambda _: objects.apply(self.instance, self.toolbox, self.commands),
                needs=["start the control plane", "compile Helm and kubectl"],
            ),
        ]

    def _image_steps(self) -> list[Step]:
        """One step for each public image that is a base image or runs in the cluster."""

        def step(name: str, *, pushed: bool) -> Step:
            def work(report: Report) -> None:
                self.get_image(name, report, pushed=pushed)

            needs = ["get the Python base image", *(["start the registry"] if pushed else [])]
            return Step(name=f"get the image {name}", work=work, needs=needs, seconds=15)

        pushed = self._find_pushed_images()
        names = sorted({*public_images.base_images(self.stack), *pushed})
        return [step(name, pushed=name in pushed) for name in names]

    def _find_pushed_images(self) -> set[str]:
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
        return Workspace(self.instance, stack, self.commands, self.toolbox, docker_environment, self._cli)

    @property
    def _cli(self) -> cli.Cli:
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
        engine = [] if self._foreign_docker() else [docker.daemon(instance)]
        return [
            *engine,
            registry.daemon(instance, self.toolbox),
            *forwards,
            *self.node.daemons(),
            self._api_daemon(),
            self._dashboard_daemon(),
            *environments,
        ]

    def ports(self) -> dict[str, int]:
        """Loopback ports of the host that this instance uses, by purpose."""
        services = {name: self.instance.service_port(port) for name, port in self.node_ports().items()}
        return {
            "the DigitalOcean API": self.instance.api_port,
            "the registry": self.instance.registry_port,
            "the Kubernetes API": self.instance.apiserver_port,
            "the status page": self.instance.dashboard_port,
            **services,
        }

    def node_ports(self) -> dict[str, int]:
        """The node ports of this stack's services, and of its preview environments'."""
        return {**self.stack.node_ports(), **self._environment_ports()}

    def _environment_ports(self) -> dict[str, int]:
        """The node ports of preview environments: `pr-7-backend`."""
        environments = list_node_ports(self.instance).items()
        return {f"{name}-{service}": port for name, ports in environments for service, port in ports.items()}

    def _foreign_docker(self) -> bool:
        """Whether an engine answers that this instance did not start."""
        return docker.address() is not None and "dockerd" not in self.supervisor.states()

    def _api_daemon(self) -> Daemon:
        return self._serve_api(self.node.files.credentials, registry.credentials(self.instance).url)

    def _serve_api(
        self, credentials: Path, registry_url: str, *options: str, environment: Mapping[str, str] | None = None
    ) -> Daemon:
        instance = self.instance
        return Daemon(
            name="digitalocean-api",
            command=[
                sys.executable,
                *("-m", "localcloud.api", "--host", "127.0.0.1", "--port", str(instance.api_port)),
                *("--state", instance.home / "api", "--credentials", credentials),
                *options,
            ],
            environment={
                "DIGITALOCEAN_TOKEN": token(instance),
                "PYTHONPATH": str(self.stack.checkout),
                "REGISTRY_URL": registry_url,
                **(environment or {}),
            },
        )

    def _dashboard_daemon(self) -> Daemon:
        instance = self.instance
        words = ("-m", "slipway", "dashboard", "--stack", STACK, "--port", str(instance.dashboard_port))
        environment = {
            "PYTHONPATH": str(self.stack.checkout),
            "SLIPWAY_CACHE": str(instance.cache),
            "SLIPWAY_INSTANCE": str(instance.number),
        }
        return Daemon(name="dashboard", command=[sys.executable, *words], environment=environment)

    def _write_configuration(self, _: Report) -> None:
        self.node.write_files()
        registry.write_configuration(self.instance)

    def _create_namespaces(self, _: Report) -> None:
        cgroups.create(self.instance.name)
        network.create(self.instance, self.commands)
        mounts.create(self.instance, self.commands)

    def _start_supervisor(self, _: Report) -> None:
        self.supervisor.start(self.daemons())

    def _start_docker(self, _: Report) -> None:
        if not self._foreign_docker():
            self.supervisor.ensure("dockerd", lambda: docker.address() is not None, DAEMON_SECONDS)
        docker.install_builder(self.commands, self.instance.logs / "packages.log")

    def _start_registry(self, _: Report) -> None:
        instance = self.instance
        port = instance.registry_port
        if self.supervisor.states().get("registry") != "RUNNING":
            disk.remove_old_releases(instance, self.toolbox, self.commands)
        self.supervisor.ensure("registry", lambda: listens(instance.node_address, port), DAEMON_SECONDS)
        for name, host_port in self._forwards().items():
            self._start_forward(f"forward-{name}", host_port)

    def _forwards(self) -> dict[str, int]:
        """Loopback ports that lead into the network namespace, by name."""
        services = {name: self.instance.service_port(port) for name, port in self.node_ports().items()}
        return {
            "registry": self.instance.registry_port,
            "apiserver": self.instance.apiserver_port,
            **services,
        }

    def _start_forward(self, name: str, port: int) -> None:
        self.supervisor.ensure(name, lambda: listens("127.0.0.1", port), DAEMON_SECONDS)

    def _start_api(self, _: Report) -> None:
        url = f"http://127.0.0.1:{self.instance.api_port}/_emulator/health"

        def answers() -> bool:
            try:
                return loopback.get(url, timeout=1.0).is_success
            except httpx.HTTPError:
                return False

        self.supervisor.ensure("digitalocean-api", answers, DAEMON_SECONDS)

    def _start_dashboard(self, _: Report) -> None:
        """Nothing waits for it: it is there long before the deploy ends."""
        self.supervisor.ensure("dashboard", lambda: True, DAEMON_SECONDS)

    def _get_cli(self, report: Report) -> None:
        cli.get(self.toolbox, report)

    def _get_plugins(self, report: Report) -> None:
        plugins_of(self.instance).install(self._cli, self.commands, self.instance.logs / "plugins.log", report)

    def _deploy(self, report: Report) -> None:
        self.live = Deployment(self.open_workspace(self.environment or self.stack)).up(report)
        self.node.etcd.save_snapshot(self.commands)
        shutil.rmtree(self.node.etcd.damaged, ignore_errors=True)  # the deployment created all of it again
        disk.remove_old_images(self.instance, self.engine, report)
        disk.remove_old_contexts(self.stack.checkout)


def checkout() -> Path:
    """The folder of the program this package is part of."""
    return Path(__file__).resolve().parent.parent
