"""A local DigitalOcean cloud: start it, deploy the program to it, and look at what runs."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from infra.config.stack_file import StackFileError
from localcloud import down, second_instance
from localcloud.cloud import LocalCloud, checkout
from localcloud.deployment import PREVIOUS, Deployment, DeploymentError
from localcloud.doctor import Verdict, examine
from localcloud.error_log import record_error
from localcloud.instance import Instance, InstanceError
from localcloud.machine import host
from localcloud.machine.cgroups import ControlGroupError
from localcloud.machine.command import CancelledError, CommandError, Commands
from localcloud.machine.daemons import DaemonError
from localcloud.machine.docker import DockerError
from localcloud.machine.locks import LockedError, exclusive_or_refuse
from localcloud.machine.network import NetworkError
from localcloud.machine.packages import PackageError
from localcloud.machine.public_images import PublicImageError
from localcloud.pulumi_engine.cli import MissingCliError
from localcloud.pulumi_engine.plugins import PluginError
from localcloud.pulumi_engine.recovery import recover
from localcloud.pulumi_engine.release import ReleaseError
from localcloud.screen import Screen, duration
from localcloud.stack import PROJECT, STACK, Stack
from localcloud.steps import Graph

EXPECTED = (
    CommandError,
    ControlGroupError,
    DaemonError,
    DeploymentError,
    DockerError,
    InstanceError,
    MissingCliError,
    LockedError,
    NetworkError,
    PackageError,
    PluginError,
    PublicImageError,
    down.PurgeError,
    ReleaseError,
    StackFileError,
)
FAILED, USAGE, INTERRUPTED = 1, 2, 130
# Pulumi's commands that read the stack file: this instance has one of its own.
RUNS_PROGRAM = frozenset({"up", "update", "preview", "refresh", "destroy", "import", "watch", "config"})


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 failed, 2 usage, 130 interrupted."""
    options = _parser().parse_args(arguments)
    # The user's own Pulumi settings, such as a passphrase of staging, are not this stack's.
    for name in [name for name in os.environ if name.startswith("PULUMI_")]:
        del os.environ[name]
    console = Console(highlight=False, soft_wrap=True)
    try:
        instance = Instance.from_environment()
    except InstanceError as error:
        console.print(f"error: {error}", markup=False)
        return FAILED
    try:
        whole = Stack(instance, checkout(), {})
        if getattr(options, "release", None) == PREVIOUS:
            options.release = Deployment(LocalCloud(instance, whole).workspace).previous_release()
        cloud = LocalCloud(instance, Stack(instance, checkout(), _overrides(options, whole)))
        status: int = options.command(cloud, options, console)
    except (CancelledError, KeyboardInterrupt):
        console.print("stopped; run the same command again to continue")
        return INTERRUPTED
    except EXPECTED as error:
        record_error(instance, error)
        console.print(f"error: {error}", markup=False)
        return FAILED
    except Exception as error:
        log = record_error(instance, error)
        if log is None:
            raise
        console.print(f"unexpected error: {type(error).__name__}: {error}\nthe traceback is in {log}", markup=False)
        return FAILED
    return status


def up(cloud: LocalCloud, _: argparse.Namespace, console: Console) -> int:
    """Start the local cloud and deploy the program; needs root."""
    started = time.monotonic()
    _require_fit_machine()
    cloud.instance.create_folders()
    with _lock_instance(cloud.instance), interruptible(cloud.commands), Screen(console) as screen:
        cloud.supervisor.end_runs()
        _check_machine(cloud)
        Graph(cloud.steps(), cloud.instance.home / "durations.json").run(screen)
    console.print(str(cloud.live), markup=False)
    console.print(f"up in {duration(time.monotonic() - started)}")
    return 0


def history(cloud: LocalCloud, _: argparse.Namespace, __: Console) -> int:
    """List the releases that ran here, from `pulumi stack history`."""
    return _deliver(cloud, "release", "--stack", STACK, "--history", "20")


def roll_back(cloud: LocalCloud, options: argparse.Namespace, _: Console) -> int:
    """Deploy an earlier release again and verify it; no image is built."""
    with _lock_instance(cloud.instance):
        cloud.supervisor.end_runs()
        return _deliver(cloud, "rollback", "--stack", STACK, "--to", options.to, changes=True)


def _deliver(cloud: LocalCloud, *words: str, changes: bool = False) -> int:
    """Run a command of `delivery` on this stack, as it runs on staging and prod.

    Args:
        changes: whether it updates the stack, which a killed update may have left pending.
    """
    file = cloud.stack.write()
    with cloud.workspace.session() as session:
        session.create_stack()
        if changes:
            recover(session)
        command = [sys.executable, "-m", "delivery", *words, "--config-file", str(file)]
        environment = {**os.environ, **session.environment}
        return subprocess.run(command, env=environment, cwd=cloud.stack.checkout, check=False).returncode


def get_tools(cloud: LocalCloud, _: argparse.Namespace, console: Console) -> int:
    """Download or compile the Pulumi CLI, Helm and kubectl; start nothing."""
    cloud.instance.create_folders()
    with interruptible(cloud.commands), Screen(console) as screen:
        Graph(cloud.tool_steps(), cloud.instance.home / "durations.json").run(screen)
    return 0


def preview(cloud: LocalCloud, options: argparse.Namespace, console: Console) -> int:
    """Show what `up` would change; needs neither a running cloud nor root."""
    get_tools(cloud, options, console)
    with interruptible(cloud.commands):
        console.print(Deployment(cloud.workspace).preview(), markup=False, end="")
    return 0


def take_down(cloud: LocalCloud, options: argparse.Namespace, console: Console) -> int:
    """Stop everything; with --purge, also delete files."""
    _require_fit_machine()
    instance = cloud.instance
    if (second := second_instance.find(instance)) is not None:  # of a rehearsal: one account for each stack
        take_down(LocalCloud(second, cloud.stack), argparse.Namespace(purge=options.purge and "instance"), console)
    kept: list[str] = []
    with _lock_instance(instance):
        cloud.supervisor.end_runs()
        down.down(instance, cloud.commands)
        if options.purge:
            down.purge(instance, cloud.commands)
        if options.purge == "all":
            kept = down.purge_shared(instance, cloud.commands)
    others = down.others_up(instance)
    console.print(f"{instance.name} is down" + (f"; still up: {others}" if others else ""))
    if kept:
        console.print(f"tools and images were not deleted, because other instances use them: {', '.join(kept)}")
    return 0


def status(cloud: LocalCloud, _: argparse.Namespace, console: Console) -> int:
    """Show programs, URLs and the kubeconfig; exit status 1 if a program is down."""
    _require_fit_machine()
    states = cloud.supervisor.states()
    if not states:
        console.print(f"{cloud.instance.name} is down")
        return FAILED
    for name, state in states.items():
        console.print(f"{'✓' if state == 'RUNNING' else '✗'} {name}: {state.lower()}", markup=False)
    for name, port in cloud.stack.node_ports().items():
        console.print(f"  {name}: http://127.0.0.1:{cloud.instance.service_port(port)}")
    console.print(f"  export KUBECONFIG={cloud.instance.kubeconfig}", markup=False)
    console.print(f"  kubectl, helm: {cloud.toolbox.kubectl}, {cloud.toolbox.helm}", markup=False)
    return 0 if set(states.values()) == {"RUNNING"} else FAILED


def doctor(cloud: LocalCloud, _: argparse.Namespace, console: Console) -> int:
    """Check this machine; exit status 1 if something is missing that `up` cannot install."""
    findings = examine(cloud.instance, cloud.toolbox, cloud.ports())
    for finding in findings:
        console.print(str(finding), markup=False)
    return FAILED if any(finding.verdict is Verdict.BAD for finding in findings) else 0


def run(cloud: LocalCloud, options: argparse.Namespace, _: Console) -> int:
    """Run a command with this stack's environment: `run -- pulumi stack output`."""
    _require_fit_machine()
    file, words = cloud.stack.write(), list(options.words)
    verb = next((word for word in words[1:] if not word.startswith("-")), "") if words[0] == "pulumi" else ""
    if verb in RUNS_PROGRAM and "--config-file" not in words:
        words += ["--config-file", str(file)]
    # `make up` takes a lock without a living holder for a dead one's, and removes it.
    changes = _lock_instance(cloud.instance) if verb in RUNS_PROGRAM else contextlib.nullcontext()
    with changes, cloud.workspace.session() as session:
        session.create_stack()
        environment = {**os.environ, **session.environment}
        return subprocess.run(words, env=environment, check=False).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localcloud", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, function in {"up": up, "preview": preview}.items():
        command = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        command.set_defaults(command=function)
        command.add_argument(
            "--release",
            metavar="REVISION",
            help="deploy this commit, or `previous`, with the images in the registry; no image is built",
        )
        command.add_argument(
            "--build",
            action="store_true",
            help="with --release: build the images that the registry lacks, from that commit",
        )
        command.add_argument(
            "--services",
            metavar="NAME,NAME",
            help="deploy only these services and their databases; the others are removed, but not their data",
        )
    command = commands.add_parser("down", help=take_down.__doc__, description=take_down.__doc__)
    command.set_defaults(command=take_down)
    command.add_argument(
        "--purge",
        nargs="?",
        const="instance",
        choices=("instance", "all"),
        help="delete the instance's databases, registry, Pulumi state and logs; "
        "`all`: also the compiled tools and Docker images",
    )
    command = commands.add_parser("run", help=run.__doc__, description=run.__doc__)
    command.set_defaults(command=run)
    command.add_argument("words", nargs="+", metavar="COMMAND", help="the command and its arguments, after `--`")
    command = commands.add_parser("rollback", help=roll_back.__doc__, description=roll_back.__doc__)
    command.set_defaults(command=roll_back)
    command.add_argument(
        "--to", default=PREVIOUS, metavar="COMMIT|previous", help="the release to deploy (default: previous)"
    )
    for name, simple in {"status": status, "history": history, "doctor": doctor, "tools": get_tools}.items():
        commands.add_parser(name, help=simple.__doc__, description=simple.__doc__).set_defaults(command=simple)
    return parser


def _overrides(options: argparse.Namespace, whole: Stack) -> dict[str, Any]:
    overrides: dict[str, Any] = {}
    if getattr(options, "release", None):
        images = "build" if options.build else "registry"
        overrides |= {f"{PROJECT}:release": options.release, f"{PROJECT}:images": images}
    if getattr(options, "services", None):
        overrides[f"{PROJECT}:services"] = whole.only(options.services.split(","))
    return overrides


def _lock_instance(instance: Instance) -> contextlib.AbstractContextManager[None]:
    """Lock this instance number on this machine."""
    return exclusive_or_refuse(instance.lock, instance.name)


@contextlib.contextmanager
def interruptible(commands: Commands) -> Iterator[None]:
    """On Ctrl-C or SIGTERM end the running programs and raise `CancelledError`; on a second one kill them at once.

    The handler only writes a byte: it runs in the middle of whatever the main thread does, and could wait for a lock
    that this thread holds. A thread of its own does the rest.
    """
    reader, writer = socket.socketpair()

    def watch() -> None:
        while reader.recv(1):
            # One thread for each signal: the second must not wait for the first one's grace.
            threading.Thread(target=commands.cancel, daemon=True).start()

    def stop(*_: object) -> None:
        writer.send(b".")

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        writer.close()  # the thread reads the end
        watcher.join()
        reader.close()


def _require_fit_machine() -> None:
    if reason := host.problem():
        raise InstanceError(reason)


def _check_machine(cloud: LocalCloud) -> None:
    findings = examine(cloud.instance, cloud.toolbox, cloud.ports())
    bad = [finding for finding in findings if finding.verdict is Verdict.BAD]
    if bad:
        raise InstanceError(
            "this machine cannot run the local cloud:\n" + "\n".join(f"  {finding}" for finding in bad)
        )


if __name__ == "__main__":
    sys.exit(main())
