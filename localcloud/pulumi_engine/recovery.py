"""Recover a stack whose last update was killed: its lock, and the operations that it began and did not record."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import httpx

from localcloud.pulumi_engine.workspace import Session
from localcloud.stack import PROJECT

COLLECTIONS = {
    # type: where the API lists them, the key of the list, what a path names one by
    "digitalocean:index/containerRegistry:ContainerRegistry": ("/v2/registries", "registries", "name"),
    "digitalocean:index/databaseCluster:DatabaseCluster": ("/v2/databases", "databases", "id"),
    "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool": (
        "/v2/databases/{clusterId}/pools",
        "pools",
        "name",
    ),
    "digitalocean:index/databaseDb:DatabaseDb": ("/v2/databases/{clusterId}/dbs", "dbs", "name"),
    "digitalocean:index/databaseUser:DatabaseUser": ("/v2/databases/{clusterId}/users", "users", "name"),
    "digitalocean:index/kubernetesCluster:KubernetesCluster": (
        "/v2/kubernetes/clusters",
        "kubernetes_clusters",
        "id",
    ),
    "digitalocean:index/kubernetesNodePool:KubernetesNodePool": (
        "/v2/kubernetes/clusters/{clusterId}/node_pools",
        "node_pools",
        "id",
    ),
    "digitalocean:index/vpc:Vpc": ("/v2/vpcs", "vpcs", "id"),
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
    if any((folder / f"locks/organization/{PROJECT}/{session.workspace.stack.name}").glob("*.json")):
        session.cancel()
    checkpoint = session.checkpoint()
    pending: list[dict[str, Any]] = checkpoint.get("pending_operations") or []
    if not pending:
        return []
    recorded = {str(each.get("id")) for each in checkpoint.get("resources") or []}
    for operation in pending:
        if operation["type"] == "creating":
            _delete_orphan(session, operation["resource"], recorded)
    session.run_program("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    return [
        f"cleared a pending operation: {operation['type']} {operation['resource']['urn']}" for operation in pending
    ]


def _delete_orphan(session: Session, resource: dict[str, Any], recorded: Collection[str]) -> None:
    """Delete from the emulated cloud what was created and not recorded.

    Kubernetes objects, Helm releases and images need none: our providers take over what carries the same name.
    """
    if resource["type"] not in COLLECTIONS:
        return
    pattern, key, identity = COLLECTIONS[resource["type"]]
    path = pattern.format(**resource["inputs"])
    with httpx.Client(
        base_url=f"http://127.0.0.1:{session.workspace.instance.api_port}",
        headers={"Authorization": f"Bearer {session.environment['DIGITALOCEAN_TOKEN']}"},
    ) as client:
        reply = client.get(path, params={"per_page": 200})
        if reply.status_code == httpx.codes.NOT_FOUND:  # it went with what it was in
            return
        for held in reply.raise_for_status().json()[key]:
            found = str(held[identity])
            if held["name"] == resource["inputs"].get("name") and found not in recorded:
                client.delete(f"{path}/{found}").raise_for_status()
