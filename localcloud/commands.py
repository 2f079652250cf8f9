"""What each command of `slipway local` does; `slipway` declares their options."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from delivery.outcome import Report, Status
from localcloud import down, second_instance
from localcloud.cloud import LocalCloud
from localcloud.deployment import Deployment
from localcloud.doctor import Verdict, examine
from localcloud.instance import Instance, InstanceError
from localcloud.interruption import interruptible
from localcloud.machine import host
from localcloud.machine.locks import exclusive_or_refuse
from localcloud.pulumi_engine.recovery import recover
from localcloud.screen import Screen, duration
from localcloud.session import LocalCloudError, UnfitMachineError
from localcloud.stack import STACK
from localcloud.steps import Graph
from localcloud.up_steps import list_client_steps, list_steps

# Pulumi's commands that read the stack file: this instance has one of its own.
RUNS_PROGRAM = frozenset({"up", "update", "preview", "refresh", "destroy", "import", "watch", "config"})


def create_console() -> Console:
    """A console that writes lines as they are."""
    return Console(highlight=False, soft_wrap=True)


def up(cloud: LocalCloud) -> Report:
    """Start the local cloud and deploy the program; needs root."""
    started, console = time.monotonic(), create_console()
    _require_fit_machine()
    cloud.stack.check()
    cloud.instance.create_folders()
    with lock_instance(cloud.instance), interruptible(cloud.commands), Screen(console) as screen:
        cloud.supervisor.end_runs()
        check_machine_for_up(cloud)
        Graph(list_steps(cloud), cloud.instance.home / "durations.json").run(screen)
    seconds = time.monotonic() - started
    console.print(str(cloud.live), markup=False)
    console.print(f"status page: {cloud.instance.dashboard_url}", markup=False)
    console.print(f"up in {duration(seconds)}")
    live = asdict(cloud.live) if cloud.live else {}
    facts = {"instance": cloud.instance.name, **live, "dashboard": cloud.instance.dashboard_url}
    return Report(facts={**facts, "seconds": round(seconds, 1)})


def show_history(cloud: LocalCloud, shown: int) -> Report:
    """List the releases that ran here, from `pulumi stack history`."""
    from delivery.commands import releases

    with _enter_stack(cloud) as file:
        return releases.show([STACK], file, shown)


def roll_back(cloud: LocalCloud, to: str) -> Report:
    """Deploy an earlier release again and verify it, as on staging and prod; no image is built."""
    from delivery.commands import rollbacks
    from delivery.commands.target import Target
    from delivery.stack.pulumi_stack import PulumiStack
    from localcloud.behaviour import open_cluster

    with lock_instance(cloud.instance):
        cloud.supervisor.end_runs()
        with _enter_stack(cloud, changes=True) as file:
            stack = PulumiStack(STACK, config_file=file)
            target = Target(stack=stack, open_cluster=lambda: open_cluster(cloud.stack))
            return rollbacks.roll_back(rollbacks.RollbackRequest(target=target, to=to, holds=False))


@contextlib.contextmanager
def _enter_stack(cloud: LocalCloud, *, changes: bool = False) -> Iterator[Path]:
    """Work in the checkout, in this stack's environment, as on staging and prod; yields the stack file.

    Args:
        changes: whether the stack is updated, which a killed update may have left pending.
    """
    file = cloud.stack.write()
    with cloud.workspace.session() as session:
        session.create_stack()
        if changes:
            recover(session)
        before = dict(os.environ)
        os.environ.update(session.environment)
        try:
            with contextlib.chdir(cloud.stack.checkout):
                yield file
        finally:
            os.environ.clear()
            os.environ.update(before)


def get_tools(cloud: LocalCloud) -> Report:
    """Download or compile the Pulumi CLI, Helm and kubectl; start nothing."""
    cloud.instance.create_folders()
    with interruptible(cloud.commands), Screen(create_console()) as screen:
        Graph(list_client_steps(cloud), cloud.instance.home / "durations.json").run(screen)
    return Report(facts={"helm": cloud.toolbox.helm, "kubectl": cloud.toolbox.kubectl})


def preview(cloud: LocalCloud) -> Report:
    """Show what `up` would change; needs neither a running cloud nor root."""
    cloud.stack.check()
    get_tools(cloud)
    with interruptible(cloud.commands):
        text = Deployment(cloud.workspace).preview()
    create_console().print(text, markup=False, end="")
    return Report(facts={"preview": text})


def take_down(cloud: LocalCloud, *, purge: bool = False, purge_all: bool = False) -> Report:
    """Stop everything.

    Args:
        purge: whether the instance's databases, registry, Pulumi state and logs are deleted.
        purge_all: whether the compiled tools and Docker's images are deleted, too.
    """
    _require_fit_machine()
    instance, console = cloud.instance, create_console()
    if (second := second_instance.find(instance)) is not None:  # of a rehearsal: one account for each stack
        take_down(LocalCloud(second, cloud.stack), purge=purge or purge_all)
    users: list[str] = []
    with lock_instance(instance):
        cloud.supervisor.end_runs()
        down.down(instance, cloud.commands)
        if purge or purge_all:
            down.purge(instance, cloud.commands)
        if purge_all:
            users = down.purge_shared(instance, cloud.commands)
    others = down.others_up(instance)
    console.print(f"{instance.name} is down" + (f"; still up: {others}" if others else ""))
    if users:
        console.print(f"tools and images were not deleted, because other instances use them: {', '.join(users)}")
    return Report(facts={"instance": instance.name, "still_up": others, "tools_used_by": users})


def show_status(cloud: LocalCloud) -> Report:
    """Show programs, URLs and the kubeconfig; status 1 if a program is down."""
    _require_fit_machine()
    console, instance = create_console(), cloud.instance
    states = cloud.supervisor.states()
    if not states:
        console.print(f"{instance.name} is down")
        return Report(Status.FAILED, {"instance": instance.name, "programs": {}})
    for name, state in states.items():
        console.print(f"{'✓' if state == 'RUNNING' else '✗'} {name}: {state.lower()}", markup=False)
    urls = {name: instance.service_url(port) for name, port in cloud.node_ports().items()}
    for name, url in urls.items():
        console.print(f"  {name}: {url}")
    console.print(f"  status page: {instance.dashboard_url}")
    console.print(f"  export KUBECONFIG={instance.kubeconfig}", markup=False)
    console.print(f"  kubectl, helm: {cloud.toolbox.kubectl}, {cloud.toolbox.helm}", markup=False)
    facts = {
        "instance": instance.name,
        "programs": {name: state.lower() for name, state in states.items()},
        "services": urls,
        "dashboard": instance.dashboard_url,
        "kubeconfig": instance.kubeconfig,
        "kubectl": cloud.toolbox.kubectl,
        "helm": cloud.toolbox.helm,
    }
    return Report(Status.OK if set(states.values()) == {"RUNNING"} else Status.FAILED, facts)


def check_machine(cloud: LocalCloud) -> Report:
    """Check this machine; status 1 if something is missing that `up` cannot install."""
    findings = examine(cloud.instance, cloud.toolbox, cloud.ports())
    console = create_console()
    for finding in findings:
        console.print(str(finding), markup=False)
    bad = any(finding.verdict is Verdict.BAD for finding in findings)
    facts = [
        {"verdict": finding.verdict.name.lower(), "what": finding.what, "detail": finding.detail}
        for finding in findings
    ]
    return Report(Status.FAILED if bad else Status.OK, {"findings": facts})


def run(cloud: LocalCloud, words: Sequence[str]) -> Report:
    """Run a command with this stack's environment; the exit status is the command's."""
    _require_fit_machine()
    file, command = cloud.stack.write(), list(words)
    verb = next((word for word in words[1:] if not word.startswith("-")), "") if words[0] == "pulumi" else ""
    if verb in RUNS_PROGRAM and "--config-file" not in command:
        command += ["--config-file", str(file)]
    # `make up` takes a lock without a living holder for a dead one's, and removes it.
    changes = lock_instance(cloud.instance) if verb in RUNS_PROGRAM else contextlib.nullcontext()
    with changes, cloud.workspace.session() as session:
        session.create_stack()
        environment = {**os.environ, **session.environment}
        try:
            status = subprocess.run(command, env=environment, check=False).returncode
        except OSError as error:
            raise LocalCloudError(f"cannot run {command[0]}: {error.strerror}") from error
    return Report(status if status >= 0 else 128 - status, {"command": command})


def lock_instance(instance: Instance) -> contextlib.AbstractContextManager[None]:
    """Lock this instance number on this machine."""
    return exclusive_or_refuse(instance.lock, instance.name)


def _require_fit_machine() -> None:
    if reason := host.problem():
        raise InstanceError(reason)


def check_machine_for_up(cloud: LocalCloud) -> None:
    """Check this machine before anything is started.

    Raises:
        InstanceError: it is no machine for a local cloud.
        UnfitMachineError: it lacks what only its user can get.
    """
    _require_fit_machine()
    findings = examine(cloud.instance, cloud.toolbox, cloud.ports())
    bad = [finding for finding in findings if finding.verdict is Verdict.BAD]
    if bad:
        raise UnfitMachineError(
            "this machine cannot run the local cloud:\n" + "\n".join(f"  {finding}" for finding in bad)
        )
