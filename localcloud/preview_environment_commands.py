"""What `make up PR=7` and `make down PR=7` do."""

from __future__ import annotations

import time
from dataclasses import asdict
from functools import partial

from delivery.outcome import Report, Status
from localcloud.cloud import LocalCloud
from localcloud.commands import check_machine_for_up, create_console, lock_instance
from localcloud.deployment import Deployment
from localcloud.interruption import interruptible
from localcloud.machine.command import CommandError
from localcloud.preview_environment.stack import PreviewStack, find_file
from localcloud.preview_environment.volumes import free_volumes
from localcloud.pulumi_engine.workspace import Workspace
from localcloud.screen import Screen, duration
from localcloud.session import LocalCloudError
from localcloud.steps import Graph
from localcloud.up_steps import list_steps

GONE_SECONDS = 120


def up(cloud: LocalCloud, number: int) -> Report:
    """Deploy what is checked out as the environment of a pull request; starts the local cloud if it is down."""
    started, console = time.monotonic(), create_console()
    stack = PreviewStack.of(cloud.stack, number)
    stack.check()
    cloud.instance.create_folders()
    with lock_instance(cloud.instance), interruptible(cloud.commands), Screen(console) as screen:
        cloud.supervisor.end_runs()
        check_machine_for_up(cloud)
        stack.write()  # before the programs start: one forwards each of its ports
        cloud.environment = stack
        Graph(list_steps(cloud), cloud.instance.home / "durations.json").run(screen)
    seconds = time.monotonic() - started
    console.print(f"preview environment {stack.name}, {cloud.live}", markup=False)
    console.print(f"up in {duration(seconds)}")
    live = asdict(cloud.live) if cloud.live else {}
    return Report(facts={"environment": stack.name, **live, "seconds": round(seconds, 1)})


def down(cloud: LocalCloud, number: int) -> Report:
    """Remove the environment of a pull request: its namespace, volumes, ports and Pulumi stack.

    Raises:
        LocalCloudError: the local cloud is down, or something of the environment is left.
    """
    started, console = time.monotonic(), create_console()
    name = f"pr-{number}"
    if not find_file(cloud.instance, name).exists():
        console.print(f"there is no preview environment {name}")
        return Report(facts={"environment": name, "removed": False})
    if not cloud.supervisor.running:
        raise LocalCloudError(f"the local cloud is down, and {name} is in its cluster: start it with `make up` first")
    with lock_instance(cloud.instance), interruptible(cloud.commands):
        cloud.supervisor.end_runs()
        stack = PreviewStack.of(cloud.stack, number)
        Deployment(cloud.open_workspace(stack)).remove()
        kubectl = partial(_run_kubectl, cloud)
        kubectl("delete", "namespace", name, "--ignore-not-found", f"--timeout={GONE_SECONDS}s")
        volumes = free_volumes(kubectl, name)
        stack.file.unlink()
        cloud.supervisor.start(cloud.daemons())  # stops what forwarded its ports
        cloud.node.etcd.save_snapshot(cloud.commands)
        left = list_leftovers(cloud, cloud.open_workspace(stack), name)
    seconds = time.monotonic() - started
    facts = {"environment": name, "removed": not left, "volumes": volumes, "leftovers": left}
    console.print(f"preview environment {name} is removed, in {duration(seconds)}" if not left else "\n".join(left))
    return Report(Status.FAILED if left else Status.OK, {**facts, "seconds": round(seconds, 1)})


def list_leftovers(cloud: LocalCloud, workspace: Workspace, name: str) -> list[str]:
    """What is left of an environment, each as a sentence; none."""
    namespaces = _run_kubectl(cloud, "get", "namespace", name, "--ignore-not-found", "--output=name").split()
    volumes = [
        f"the volume {volume}"
        for volume in _run_kubectl(
            cloud,
            "get",
            "persistentvolumes",
            f"--output=jsonpath={{.items[?(@.spec.claimRef.namespace=='{name}')].metadata.name}}",
        ).split()
    ]
    stacks = [f"the state {workspace.checkpoint}"] if workspace.checkpoint.exists() else []
    return [*(f"the {each}" for each in namespaces), *volumes, *stacks]


def _run_kubectl(cloud: LocalCloud, *words: str) -> str:
    """Raises: CommandError: it failed."""
    command = [str(cloud.toolbox.kubectl), f"--kubeconfig={cloud.instance.kubeconfig}", *words]
    try:
        return cloud.commands.run(command, log=cloud.instance.log("kubectl"))
    except CommandError as error:
        raise LocalCloudError(f"kubectl {' '.join(words[:3])}: {error}") from error
