"""Node pools of a cluster, and their nodes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api import clusters, pools
from localcloud.api.account import Account
from localcloud.api.replies import ApiError, json_body, not_found, page
from localcloud.api.routes.clusters import PATH as CLUSTERS
from localcloud.api.store import Document

PATH = CLUSTERS + "/{identity}/node_pools"


def router(account: Account) -> APIRouter:
    """The routes."""
    routes, store = APIRouter(), account.store

    @routes.get(PATH)
    async def index(identity: str, request: Request) -> dict[str, Any]:
        return page(request, "node_pools", clusters.get(store, identity)["node_pools"])

    @routes.post(PATH, status_code=201)
    async def create(identity: str, request: Request) -> dict[str, Any]:
        sent = await json_body(request)
        with _change(account, identity) as cluster:
            pool = pools.make_pool(account, cluster, sent)
            cluster["node_pools"].append(pool)
            pools.match_nodes(account, cluster, pool)
        return {"node_pool": pool}

    @routes.get(PATH + "/{pool_id}")
    async def read(identity: str, pool_id: str) -> dict[str, Any]:
        return {"node_pool": pools.pool_of(clusters.get(store, identity), pool_id)}

    @routes.put(PATH + "/{pool_id}", status_code=202)
    async def update(identity: str, pool_id: str, request: Request) -> dict[str, Any]:
        sent = await json_body(request)
        with _change(account, identity) as cluster:
            pool = pools.pool_of(cluster, pool_id)
            pools.resize(account, cluster, pool, sent)
            pools.match_nodes(account, cluster, pool)
        return {"node_pool": pool}

    @routes.delete(PATH + "/{pool_id}", status_code=204)
    async def delete(identity: str, pool_id: str) -> Response:
        with _change(account, identity) as cluster:
            cluster["node_pools"].remove(pools.pool_of(cluster, pool_id))
            if not any(pool["count"] for pool in cluster["node_pools"]):
                raise ApiError(422, "validation error: a cluster must have at least one worker node")
        return Response(status_code=204)

    @routes.delete(PATH + "/{pool_id}/nodes/{node_id}", status_code=202)
    async def delete_node(identity: str, pool_id: str, node_id: str, replace: int = 0) -> Response:
        """Remove a node; `replace=1` puts a new one in its place."""
        with _change(account, identity) as cluster:
            _remove_node(account, cluster, pools.pool_of(cluster, pool_id), node_id, replace=bool(replace))
        return Response(status_code=202)

    return routes


@contextmanager
def _change(account: Account, identity: str) -> Iterator[Document]:
    """A cluster, which is kept as it is afterwards, and made so."""
    with account.store.lock():
        cluster = clusters.get(account.store, identity)
        yield cluster
        account.store.put(clusters.KIND, identity, cluster)
    account.jobs.request(clusters.KIND, identity)


def _remove_node(account: Account, cluster: Document, pool: Document, identity: str, *, replace: bool) -> None:
    """Delete a node of a pool, which gets a new one in its place if `replace`.

    Raises:
        ApiError: 404.
    """
    node = next((node for node in pool["nodes"] if node["id"] == identity), None)
    if node is None or node["status"]["state"] == pools.DELETING:
        raise not_found()
    if not replace:
        pools.resize(account, cluster, pool, {"count": pool["count"] - 1})
    node["status"] = {"state": pools.DELETING}
    pools.match_nodes(account, cluster, pool)
