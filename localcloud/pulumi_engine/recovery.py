"""Recover a stack whose last update was killed: its lock, and the operations that it began and did not record."""

from __future__ import annotations

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

    Only for whoever holds the instance's own lock: then nobody else works on the stack. A creation may have reached
    the emulated cloud and not the state: nothing depends on such a resource yet, so it is deleted, and made again.
    Pulumi's `--import-pending-creates` was tried: version 3.259 drops the record and imports nothing.

    Raises:
        CommandError: Pulumi failed.
        httpx.HTTPError: the emulated API does not answer.
    """
    folder = session.workspace.state / ".pulumi"
    if any((folder / f"locks/organization/{PROJECT}/{STACK}").glob("*.json")):
        session.cancel()
    pending: list[dict[str, Any]] = session.checkpoint().get("pending_operations") or []
    if not pending:
        return []
    for operation in pending:
        if operation["type"] == "creating":
            _delete_orphan(session, operation["resource"])
    session.run_program("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    return [
        f"cleared a pending operation: {operation['type']} {operation['resource']['urn']}" for operation in pending
    ]


def _delete_orphan(session: Session, resource: dict[str, Any]) -> None:
    """Delete what was created and not recorded; our other providers adopt what is there under the same name."""
    if resource["type"] not in COLLECTIONS:
        return
    path, key = COLLECTIONS[resource["type"]]
    with httpx.Client(
        base_url=f"http://127.0.0.1:{session.workspace.instance.api_port}",
        headers={"Authorization": f"Bearer {session.environment['DIGITALOCEAN_TOKEN']}"},
    ) as client:
        for held in client.get(path, params={"per_page": 200}).raise_for_status().json()[key]:
            if held["name"] == resource["inputs"].get("name"):
                client.delete(f"{path}/{held['id']}").raise_for_status()
