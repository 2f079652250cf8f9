"""Waiting for the API server of a cluster whose minor version is raised.

The DigitalOcean provider asks for an upgrade and does not wait for it (terraform-provider-digitalocean 046b42c,
resource_kubernetes_cluster.go). DOKS replaces the control plane first, and its API is away for minutes meanwhile
(docs.digitalocean.com/products/kubernetes/how-to/upgrade-cluster): what else the same run changes in the cluster
would fail. Nodes come afterwards. For them nothing waits: the API server answers, and pods move with respect for
their disruption budgets.
"""

from __future__ import annotations

import asyncio
import time

import httpx2
import pulumi
from lightkube.core.exceptions import ConfigError

from infra.rollouts.cluster_access import read_version

UPGRADE_SECONDS = 30 * 60.0  # DOKS takes minutes for a control plane
INTERVAL_SECONDS = 5.0
ANSWERS = 3  # in a row: of several API servers behind one address, one may still be of the old version


class UpgradeError(pulumi.RunError):
    """The API server does not have the version that it was upgraded to; the text has its last answer."""


def wait_for_upgrade(kubeconfig: pulumi.Output[str], wanted: str) -> pulumi.Output[str]:
    """The kubeconfig, once the API server answers with the minor version `wanted`; in a preview at once.

    Its error, when it is waited for, is an UpgradeError: that did not happen within UPGRADE_SECONDS.
    """
    if pulumi.runtime.is_dry_run():
        return kubeconfig

    async def wait(text: str) -> str:
        await _wait(text, wanted)
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


def _ask(kubeconfig: str) -> str:
    """The API server's version, or why there is none."""
    try:
        return read_version(kubeconfig)
    except (httpx2.HTTPError, ConfigError, OSError, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
