"""Waiting for a cluster whose minor version is raised.

The DigitalOcean provider asks for an upgrade and does not wait for it (terraform-provider-digitalocean 046b42c,
resource_kubernetes_cluster.go). DOKS replaces the control plane first, and its API is away for minutes meanwhile
(docs.digitalocean.com/products/kubernetes/how-to/upgrade-cluster): what else the same run changes in the cluster
would fail. Nodes come afterwards, and are drained one after the other. They are waited for, too, but not for ever: a
rollout and a drain at once move every pod twice, and a large cluster takes longer than a deployment may.
"""

from __future__ import annotations

import asyncio
import time

import httpx2
import pulumi
from lightkube.core.exceptions import ConfigError
from lightkube.resources.core_v1 import Node

from infra.rollouts.cluster_access import client, read_version

UPGRADE_SECONDS = 30 * 60.0  # DOKS takes minutes for a control plane
NODES_SECONDS = 15 * 60.0
INTERVAL_SECONDS = 5.0
ANSWERS = 3  # in a row: of several API servers behind one address, one may still be of the old version


class UpgradeError(pulumi.RunError):
    """The API server does not have the version that it was upgraded to; the text has its last answer."""


def wait_for_upgrade(kubeconfig: pulumi.Output[str], wanted: str) -> pulumi.Output[str]:
    """The kubeconfig, once the API server and the nodes have the minor version `wanted`; in a preview at once.

    Its error, when it is waited for, is an UpgradeError: the API server had not within UPGRADE_SECONDS. Nodes that
    have not within NODES_SECONDS are left to the cluster.
    """
    if pulumi.runtime.is_dry_run():
        return kubeconfig

    async def wait(text: str) -> str:
        await _wait(text, wanted)
        await _wait_for_nodes(text, wanted)
        return text

    return kubeconfig.apply(wait)


async def _wait(kubeconfig: str, wanted: str) -> None:
    deadline = time.monotonic() + UPGRADE_SECONDS
    in_a_row, before = 0, ""
    while True:
        answer = await asyncio.to_thread(_ask, kubeconfig)
        in_a_row = in_a_row + 1 if answer.startswith(f"v{wanted}.") else 0
        if in_a_row == ANSWERS:
            return
        if time.monotonic() > deadline:
            raise UpgradeError(
                f"the API server has no Kubernetes {wanted} after {UPGRADE_SECONDS / 60:.0f} minutes; its last "
                f"answer: {answer}. Look at `doctl kubernetes cluster list`, then run again"
            )
        if not in_a_row and answer != before:
            pulumi.log.info(f"waiting for Kubernetes {wanted}; the API server's last answer: {answer}")
        before = answer
        await asyncio.sleep(INTERVAL_SECONDS)


async def _wait_for_nodes(kubeconfig: str, wanted: str) -> None:
    deadline, before = time.monotonic() + NODES_SECONDS, ""
    while old := await asyncio.to_thread(_find_old_nodes, kubeconfig, wanted):
        if old != before:
            pulumi.log.info(f"waiting for Kubernetes {wanted} on {old}")
        if time.monotonic() > deadline:
            pulumi.log.warn(f"going on, although these nodes have no Kubernetes {wanted} yet: {old}")
            return
        before = old
        await asyncio.sleep(INTERVAL_SECONDS)


def _find_old_nodes(kubeconfig: str, wanted: str) -> str:
    """Names of the nodes with another minor, or why they cannot be listed."""
    try:
        nodes = list(client(kubeconfig).list(Node))
    except (httpx2.HTTPError, ConfigError, OSError) as error:
        return f"nodes that cannot be listed ({error})"
    return ", ".join(
        str(node.metadata.name)
        for node in nodes
        if node.metadata and node.status and node.status.nodeInfo
        if not node.status.nodeInfo.kubeletVersion.startswith(f"v{wanted}.")
    )


def _ask(kubeconfig: str) -> str:
    """The API server's version, or why there is none."""
    try:
        return read_version(kubeconfig)
    except (httpx2.HTTPError, ConfigError, OSError, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
