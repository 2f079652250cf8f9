"""What each daily command does; `slipway` declares their options."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from delivery.cluster import StackCluster
from delivery.outcome import MissingError, RefusedError, Report, Status
from operations.audit import record_command
from operations.cluster import LOCAL, PROD, open_cluster
from operations.deployment import restart, scale
from operations.deploys import read_deploy_state
from operations.environment import read_environment
from operations.kubectl import open_kubectl
from operations.log_line import LogLine
from operations.logs import LogRequest, follow_logs, parse_duration, read_crashes, read_logs
from operations.pods import PodFacts, find_pods
from operations.run_pod import create_pod
from operations.status import read_status

PROGRAM = Path(__file__).parents[1]  # the checkout that this package is part of


@dataclass(frozen=True, kw_only=True)
class LogOptions:
    """The options of `slipway logs`, as they were written."""

    services: tuple[str, ...]
    release: str | None
    since: str | None
    grep: str | None
    follow: bool
    previous: bool


def show_status(stack: str) -> Report:
    """Print each service, then what keeps deploys away and which wait; status 1 when a service is not healthy."""
    now = datetime.now(UTC)
    with ThreadPoolExecutor() as background:
        reading = background.submit(read_deploy_state, stack)  # which takes longer, except of the local stack
        with open_cluster(stack) as cluster:
            services = read_status(cluster)
        for service in services:
            print(service.describe(now), flush=True)
        if not services:
            print(f"{stack}: no service runs")
        deploys = reading.result()
    for sentence in deploys.describe(stack):
        print(f"! {sentence}")
    healthy = all(service.is_healthy for service in services)
    facts = {
        "stack": stack,
        "healthy": healthy,
        "services": [service.facts() for service in services],
        "deploys": deploys.facts(),
    }
    return Report(Status.OK if healthy else Status.FAILED, facts)


def show_logs(stack: str, options: LogOptions) -> Report:
    """Print the lines that are asked for.

    Raises:
        RefusedError: an option is not usable, or no pod is asked for.
    """
    request, lines = _read_options(options), list[LogLine]()
    with open_cluster(stack) as cluster:
        for line in _iterate_lines(cluster, request, follow=options.follow):
            print(f"{line.pod} {line.describe()}", flush=True)
            if not options.follow:
                lines.append(line)
    return Report(facts={"stack": stack, "lines": [line.facts() for line in lines]})


def execute_in_pod(stack: str, service: str, pod: str | None, words: Sequence[str]) -> Report:
    """Run a command in a pod of a service.

    Raises:
        RefusedError: the service has no such pod, or none that runs.
    """
    with open_cluster(stack) as cluster:
        target = _choose_pod(find_pods(cluster, [service]), service, pod)
        _record(cluster, "exec in", target.name, words)
        return Report(_execute(cluster, target.name, service, words), {"stack": stack, "pod": target.name})


def run_command(stack: str, service: str, limits: Mapping[str, str], words: Sequence[str]) -> Report:
    """Run a command in a new pod of a service's release.

    Args:
        limits: `cpu` and `memory`, where not the service's own.

    Raises:
        RefusedError, UnreachableError, DeliveryError: as for `create_pod`.
    """
    with open_cluster(stack) as cluster, create_pod(cluster, service, limits) as pod:
        name = str(pod.metadata.name if pod.metadata else "")
        _record(cluster, "run in", name, words)
        return Report(_execute(cluster, name, service, words), {"stack": stack, "pod": name})


def show_environment(stack: str, service: str) -> Report:
    """Print the variables of a service: names and origins, never a Secret's value."""
    with open_cluster(stack) as cluster:
        variables = read_environment(cluster, service)
    for variable in variables:
        print(variable.describe())
    return Report(facts={"stack": stack, "service": service, "variables": [vars(each) for each in variables]})


def restart_service(stack: str, service: str) -> Report:
    """Replace the pods of a service."""
    with open_cluster(stack) as cluster:
        _record(cluster, "restart", service)
        restart(cluster, service)
    return Report(facts={"stack": stack, "service": service})


def scale_service(stack: str, service: str, replicas: int) -> Report:
    """Have another number of pods, until the next deploy."""
    with open_cluster(stack) as cluster:
        _record(cluster, f"scale to {replicas}", service)
        scale(cluster, service, replicas)
    print(f"until the next deploy, which has the number of Pulumi.{stack}.yaml", file=sys.stderr)
    return Report(facts={"stack": stack, "service": service, "replicas": replicas})


def forward(stack: str, service: str, port: int) -> Report:
    """Forward a loopback port to a service, until Ctrl-C.

    Args:
        port: of this machine; 0: a free one.
    """
    with open_cluster(stack) as cluster, open_kubectl(cluster) as kubectl:
        _record(cluster, "forward", service)
        words = ("port-forward", f"service/{service}", f"{port or ''}:http", "--address=127.0.0.1")
        status = subprocess.run(kubectl.command(*words), check=False).returncode
    return Report(status, {"stack": stack, "service": service})


def serve_dashboard(stack: str, port: int) -> Report:
    """Serve the status page of a stack, until Ctrl-C.

    Args:
        port: of this machine; 0: a free one.

    Raises:
        MissingError: the stack has no file here.
        RefusedError: the port is in use.
    """
    from operations.dashboard.server import serve
    from operations.dashboard.stack_sources import StackSources

    checkout = PROGRAM if stack == LOCAL else Path()
    if not (checkout / f"Pulumi.{stack}.yaml").is_file():
        raise MissingError(f"there is no Pulumi.{stack}.yaml here: go to the root of the checkout")
    serve(StackSources(stack, checkout), port, lambda url: print(f"{stack}: {url}", flush=True))
    return Report(facts={"stack": stack})


def _record(cluster: StackCluster, verb: str, target: str, words: Sequence[str] = ()) -> None:
    """Say where it happens, and record it where that is production."""
    print(f"{cluster.stack}: {verb} {target}", file=sys.stderr)
    if cluster.stack == PROD:
        record_command(cluster, verb, target, words)


def _execute(cluster: StackCluster, pod: str, container: str, words: Sequence[str]) -> int:
    """Run a command with this process's input, output and terminal; returns its exit status."""
    terminal = ["--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else []
    with open_kubectl(cluster) as kubectl:
        command = kubectl.command("exec", pod, "--stdin", *terminal, "--container", container, "--", *words)
        return subprocess.run(command, check=False).returncode


def _iterate_lines(cluster: StackCluster, request: LogRequest, *, follow: bool) -> Iterator[LogLine]:
    if not request.previous:
        yield from read_crashes(cluster, request)
    yield from follow_logs(cluster, request) if follow else read_logs(cluster, request)


def _read_options(options: LogOptions) -> LogRequest:
    try:
        since = parse_duration(options.since) if options.since else None
    except ValueError as error:
        raise RefusedError(f"--since: {error}") from error
    try:
        pattern = re.compile(options.grep) if options.grep else None
    except re.error as error:
        raise RefusedError(f"--grep: {options.grep!r} is no regular expression: {error}") from error
    if options.follow and options.previous:
        raise RefusedError("--follow and --previous: a run that has ended writes no more; leave one of them out")
    return LogRequest(
        services=options.services,
        release=options.release,
        since_seconds=since,
        pattern=pattern,
        previous=options.previous,
    )


def _choose_pod(pods: Sequence[PodFacts], service: str, name: str | None) -> PodFacts:
    """The pod of that name, or the newest ready one.

    Raises:
        RefusedError: there is none.
    """
    usable = [pod for pod in pods if not pod.component and service in pod.running]
    if name is not None:
        usable = [pod for pod in usable if pod.name == name]
    if not usable:
        names = ", ".join(pod.name for pod in pods) or "none"
        raise RefusedError(f"no pod {name or 'of ' + service} runs; there are {names}")
    return max(usable, key=lambda pod: (pod.ready, pod.started or datetime.min.replace(tzinfo=UTC)))
