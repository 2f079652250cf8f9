"""Recover a stack whose last update was killed: its lock, and the operations that it began and did not record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from localcloud.pulumi_engine.workspace import Session
from localcloud.stack import PROJECT, STACK

COLLECTIONS = {
    # type: where the API lists them, the key of the list
    "digitalocean:index/vpc:Vpc": ("/v2/vpcs", "vpcs"),
    "digitalocean:index/kubernetesCluster:KubernetesCluster": ("/v2/kubernetes/clusters", "kubernetes_clusters"),
    "digitalocean:index/databaseCluster:DatabaseCluster": ("/v2/databases", "databases"),
}


def recover(session: Session) -> list[str]:
    """Remove a dead run's lock and settle its pending operations; returns a line for each.

    Only for whoever holds the instance's own lock: then nobody else works on the stack. A creation that reached the
    cloud and not the state is imported; of one that did not, nothing is left to do.

    Raises:
        CommandError: Pulumi failed.
    """
    folder = session.workspace.state / ".pulumi"
    if any((folder / f"locks/organization/{PROJECT}/{STACK}").glob("*.json")):
        session.cancel()
    pending: list[dict[str, Any]] = session.checkpoint().get("pending_operations") or []
    if not pending:
        return []
    imported = [word for operation in pending for word in _import(session, operation)]
    words = ["--import-pending-creates", ",".join(imported)] if imported else []
    session.run_program("refresh", "--yes", "--skip-preview", "--clear-pending-creates", *words)
    return [
        f"cleared a pending operation: {operation['type']} {operation['resource']['urn']}" for operation in pending
    ]


def _import(session: Session, operation: dict[str, Any]) -> Iterator[str]:
    """The URN and id of a resource that was created and not recorded, as `pulumi refresh` takes them."""
    resource = operation["resource"]
    if operation["type"] != "creating" or resource["type"] not in COLLECTIONS:
        return  # our other providers adopt what is there under the same name
    path, key = COLLECTIONS[resource["type"]]
    reply = httpx.get(
        f"http://127.0.0.1:{session.workspace.instance.api_port}{path}?per_page=200",
        headers={"Authorization": f"Bearer {session.environment['DIGITALOCEAN_TOKEN']}"},
    ).raise_for_status()
    for held in reply.json()[key]:
        if held["name"] == resource["inputs"].get("name"):
            yield from (resource["urn"], str(held["id"]))
