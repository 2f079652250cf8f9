"""What the page shows of a stack: asked of its cluster, of Pulumi, of its registry and of GitHub."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from delivery.outcome import MissingError
from operations.cluster import find_instance, find_parent, is_local
from operations.dashboard.cluster_credential import ClusterCredential
from operations.deploys import DeployState, read_deploy_state
from operations.log_line import LogLine
from operations.logs import LogRequest, iterate_lines
from operations.maintenance import Maintenance, find_maintenance
from operations.status import ServiceStatus, read_status

if TYPE_CHECKING:  # they import Pulumi, which takes a second: the page is there before
    from delivery.stack.history import DeployedRelease
    from delivery.stack.outputs import Outputs
    from delivery.stack.pulumi_stack import PulumiStack
    from infra.source.registry_login import Login

SHOWN_RELEASES = 10
SHOWN_LINES = 300
ENTERING = threading.Lock()  # several sources are read at once, and each would change the process's environment


@dataclass(frozen=True)
class HeldImages:
    """What the registry holds of a service.

    Attributes:
        has_running: whether the image that runs is among them.
    """

    tags: tuple[str, ...]
    has_running: bool


@dataclass(frozen=True)
class StackSources:
    """Reads one stack.

    Attributes:
        checkout: the folder of the stack files and of git.
        credential: of the stack's cluster.
    """

    stack: str
    checkout: Path
    credential: ClusterCredential = field(default_factory=ClusterCredential)

    def read_services(self) -> list[ServiceStatus]:
        """Return what runs.

        Raises:
            DeliveryError: the cluster cannot be asked.
        """
        with self.credential.open(self.stack, self.checkout) as cluster:
            return read_status(cluster)

    def read_maintenance(self) -> list[Maintenance]:
        """Return the services that show a maintenance page.

        Raises:
            DeliveryError: the cluster cannot be asked.
        """
        with self.credential.open(self.stack, self.checkout) as cluster:
            return find_maintenance(cluster)

    def read_deploys(self) -> DeployState:
        """Return what keeps deploys away, which wait, and canaries."""
        return read_deploy_state(self.stack, self.checkout)

    def read_releases(self) -> list[DeployedRelease]:
        """Return the newest releases that were deployed, newest first.

        Raises:
            DeliveryError: Pulumi cannot be asked.
        """
        from delivery.stack.history import iterate_releases

        updates = self._open().history()
        return list(islice(iterate_releases(updates, self.checkout), SHOWN_RELEASES))

    def read_outputs(self) -> Outputs | None:
        """Return what the last update left running; None before the first.

        Raises:
            DeliveryError: Pulumi cannot be asked.
        """
        return self._open().outputs()

    def read_images(self) -> dict[str, HeldImages]:
        """Return what the registry holds of each service that runs.

        Raises:
            DeliveryError: the registry, or Pulumi, cannot be asked.
        """
        from delivery.images.registry import ImageRepository

        outputs, login = self.read_outputs(), self._find_login()
        found = {}
        for name, service in (outputs.services if outputs else {}).items():
            tags = ImageRepository(service.image.partition("@")[0], login).tags()
            found[name] = HeldImages(tuple(tags), service.tag in tags)
        return found

    def read_lines(self, service: str) -> list[LogLine]:
        """Return the last lines of a service, oldest first, those of containers that crashed included.

        Raises:
            DeliveryError: the cluster cannot be asked, or has no such service.
        """
        request = LogRequest(services=(service,))
        with self.credential.open(self.stack, self.checkout) as cluster:
            lines = list(iterate_lines(cluster, request))
        return sorted(lines, key=lambda line: line.at)[-SHOWN_LINES:]

    def _find_login(self) -> Login | None:
        if not is_local(self.stack):
            from delivery.images.stack_registry import StackRegistry
            from delivery.stack.configuration import read_configuration

            parent = find_parent(self.stack, self.checkout)
            return StackRegistry.of(parent, read_configuration(parent, self.checkout)).find_login()
        from infra.source.registry_login import Login
        from localcloud.machine.registry import credentials

        own = credentials(find_instance())
        return Login(own.user, own.password)

    def _open(self) -> PulumiStack:
        from delivery.stack.pulumi_stack import PulumiStack

        if is_local(self.stack):
            with ENTERING:
                enter_local_stack(self.stack, self.checkout)
        return PulumiStack(self.stack, self.checkout)


@cache
def enter_local_stack(stack: str, checkout: Path) -> None:
    """Have Pulumi's CLI ask the local cloud from now on, and not whatever this user is logged in to.

    Raises:
        MissingError: nothing was deployed there.
    """
    from localcloud.machine.command import Commands
    from localcloud.machine.marked_processes import RUN_MARK
    from localcloud.machine.toolbox import Toolbox
    from localcloud.pulumi_engine import cli
    from localcloud.pulumi_engine.workspace import Workspace
    from localcloud.stack import Stack

    instance, commands = find_instance(), Commands()
    toolbox = Toolbox(instance.tools, instance.logs, commands)
    found = cli.find(toolbox)
    if found is None:
        raise MissingError("nothing was deployed to the local cloud yet: run `make up`")
    workspace = Workspace(instance, Stack(instance, checkout, {}, stack), commands, toolbox, {}, found)
    if not workspace.checkpoint.exists():
        raise MissingError("nothing was deployed to the local cloud yet: run `make up`")
    for name in [name for name in os.environ if name.startswith("PULUMI_")]:
        del os.environ[name]
    # Without the mark by which `make up` ends what an earlier run left: this process is none of it.
    os.environ.update({key: value for key, value in workspace.environment().items() if key != RUN_MARK})
