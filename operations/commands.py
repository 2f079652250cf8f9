"""What each daily command does; `slipway` declares their options."""

from __future__ import annotations

import subprocess
import sys
import webbrowser
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from delivery.cluster import CREDENTIAL_SECONDS
from delivery.outcome import MissingError, RefusedError, Report, Status
from operations.addresses import choose_address
from operations.audit import announce_command
from operations.cluster import SESSION_SECONDS, find_instance, find_parent, is_local, open_cluster
from operations.debug_container import SHELL, create_debug_container, has_shell
from operations.deployment import ROLLOUT_SECONDS, restart, scale
from operations.deploys import read_deploy_state
from operations.environment import read_environment
from operations.kubectl import execute, open_kubectl
from operations.maintenance import find_maintenance
from operations.pods import choose_pod, find_pods
from operations.run_pod import create_pod
from operations.status import ServiceStatus, read_status

PROGRAM = Path(__file__).parents[1]  # the checkout that this package is part of


def show_status(stack: str, wanted: Sequence[str] = ()) -> Report:
    """Print each service, what is in maintenance, and what keeps deploys away; status 1 if one is not healthy.

    Args:
        wanted: names of services; none: all.

    Raises:
        RefusedError: there is no such service.
    """
    now = datetime.now(UTC)
    with ThreadPoolExecutor() as background:
        reading = background.submit(read_deploy_state, stack)  # which takes longer, except of the local stack
        with open_cluster(stack) as cluster:
            services, pages = read_status(cluster), find_maintenance(cluster)
        if wanted:
            services = _select(stack, services, wanted)
            pages = [page for page in pages if page.service in wanted]
        for service in services:
            print(service.describe(now), flush=True)
        if not services:
            print(f"{stack}: no service runs")
        deploys = reading.result()
    for sentence in [*(page.describe(now) for page in pages), *deploys.describe(stack)]:
        print(f"! {sentence}")
    healthy = all(service.is_healthy for service in services)
    facts = {
        "stack": stack,
        "healthy": healthy,
        "services": [service.facts() for service in services],
        "maintenance": [page.facts() for page in pages],
        "deploys": deploys.facts(),
    }
    return Report(Status.OK if healthy else Status.FAILED, facts)


def execute_in_pod(stack: str, service: str, pod: str | None, words: Sequence[str], *, debug: bool) -> Report:
    """Run a command in a pod of a service; without words, a shell.

    Args:
        debug: whether in an ephemeral container with BusyBox, beside the service's. A shell is there, too, where the
            service's image has none.

    Raises:
        RefusedError: the service has no such pod, or none that runs.
    """
    with open_cluster(stack, seconds=SESSION_SECONDS) as cluster, open_kubectl(cluster) as kubectl:
        target = choose_pod(find_pods(cluster, [service]), service, pod)
        facts = {"stack": stack, "pod": target.name}
        announce_command(cluster, "exec in", target.name, words)
        if not debug and (words or has_shell(kubectl, target.name, service)):
            return Report(execute(kubectl, target.name, service, words or ["sh"]), facts)
        print(f"an ephemeral container with BusyBox; the files of {service}: /proc/1/root", file=sys.stderr)
        with create_debug_container(cluster, kubectl, target.name, service) as container:
            return Report(execute(kubectl, target.name, container, words or SHELL), facts)


def run_command(
    stack: str, service: str, release: str | None, limits: Mapping[str, str], words: Sequence[str]
) -> Report:
    """Run a command in a new pod of a service's release.

    Args:
        release: a commit or a tag of git; None: the release that runs.
        limits: `cpu` and `memory`, where not the service's own.

    Raises:
        RefusedError: the release does not have the service.
        RefusedError, UnreachableError, DeliveryError: as for `create_pod`.
    """
    tag = _find_tag(stack, service, release) if release is not None else None
    with open_cluster(stack, seconds=SESSION_SECONDS) as cluster, create_pod(cluster, service, limits, tag) as pod:
        name = str(pod.metadata.name if pod.metadata else "")
        announce_command(cluster, "run in", name, words)
        with open_kubectl(cluster) as kubectl:
            return Report(execute(kubectl, name, service, words), {"stack": stack, "pod": name})


def show_environment(stack: str, service: str) -> Report:
    """Print the variables of a service: names and origins, never a Secret's value."""
    with open_cluster(stack) as cluster:
        variables = read_environment(cluster, service)
    for variable in variables:
        print(variable.describe())
    return Report(facts={"stack": stack, "service": service, "variables": [vars(each) for each in variables]})


def restart_service(stack: str, service: str) -> Report:
    """Replace the pods of a service."""
    with open_cluster(stack, seconds=CREDENTIAL_SECONDS + ROLLOUT_SECONDS) as cluster:
        announce_command(cluster, "restart", service)
        restart(cluster, service)
    return Report(facts={"stack": stack, "service": service})


def scale_service(stack: str, service: str, replicas: int) -> Report:
    """Have another number of pods, until a deploy changes the service."""
    with open_cluster(stack, seconds=CREDENTIAL_SECONDS + ROLLOUT_SECONDS) as cluster:
        announce_command(cluster, f"scale to {replicas}", service)
        scale(cluster, service, replicas)
    print(f"until a deploy changes {service}; `slipway status --stack {stack}` shows it until then", file=sys.stderr)
    return Report(facts={"stack": stack, "service": service, "replicas": replicas})


def forward(stack: str, service: str, port: int) -> Report:
    """Forward a loopback port to a service, until Ctrl-C.

    Args:
        port: of this machine; 0: a free one.
    """
    with open_cluster(stack, seconds=SESSION_SECONDS) as cluster, open_kubectl(cluster) as kubectl:
        announce_command(cluster, "forward", service)
        words = ("port-forward", f"service/{service}", f"{port or ''}:http", "--address=127.0.0.1")
        status = subprocess.run(kubectl.command(*words), check=False).returncode
    return Report(status, {"stack": stack, "service": service})


def open_address(stack: str, service: str | None) -> Report:
    """Open a service in the browser, and print its URL; without a browser it is printed alone."""
    with open_cluster(stack) as cluster:
        address = choose_address(cluster, service)
    print(address.url)
    opened = webbrowser.open(address.url)
    return Report(facts={"stack": stack, "service": address.service, "url": address.url, "opened": opened})


def serve_dashboard(stack: str, port: int) -> Report:
    """Serve the status page of a stack, until Ctrl-C.

    Args:
        port: of this machine; 0: a free one.

    Raises:
        MissingError: the stack has no file here, or there is no local cloud.
        RefusedError: the port is in use, or there is no such preview environment.
    """
    from operations.dashboard.server import serve
    from operations.dashboard.stack_sources import StackSources

    local = is_local(stack)
    if local and not find_instance().home.exists():
        raise MissingError("there is no local cloud: start it with `make up`")
    checkout = PROGRAM if local else Path()
    if not (file := checkout / f"Pulumi.{find_parent(stack, checkout)}.yaml").is_file():
        raise MissingError(f"there is no {file.name} here: go to the root of the checkout")
    serve(StackSources(stack, checkout), port, lambda url: print(f"{stack}: {url}", flush=True))
    return Report(facts={"stack": stack})


def _select(stack: str, services: Sequence[ServiceStatus], wanted: Sequence[str]) -> list[ServiceStatus]:
    known = sorted({service.name for service in services})
    if unknown := sorted(set(wanted) - set(known)):
        raise RefusedError(f"{stack} has no service {', '.join(unknown)}; it has {', '.join(known) or 'none'}")
    return [service for service in services if service.name in wanted]


def _find_tag(stack: str, service: str, revision: str) -> str:
    from operations.release_tags import find_tags  # and Pulumi with it, which takes a second

    tags = find_tags(stack, revision)
    if service not in tags:
        raise RefusedError(f"--release: {revision} has no {service}; it has {', '.join(sorted(tags)) or 'none'}")
    return tags[service]
