"""Kubernetes clusters."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api import clusters, load_balancers
from localcloud.api.account import Account
from localcloud.api.replies import json_body, not_found, page

PATH = "/v2/kubernetes/clusters"


def router(account: Account) -> APIRouter:
    """The routes of clusters themselves."""
    routes, store, one = APIRouter(), account.store, clusters.KIND

    @routes.post(PATH, status_code=201)
    async def create(request: Request) -> dict[str, Any]:
        return {one: clusters.create(account, await json_body(request))}

    @routes.get(PATH)
    async def index(request: Request) -> dict[str, Any]:
        return page(request, "kubernetes_clusters", store.all(one))

    @routes.get(PATH + "/{identity}")
    async def read(identity: str) -> dict[str, Any]:
        return {one: clusters.get(store, identity)}

    @routes.put(PATH + "/{identity}", status_code=202)
    async def update(identity: str, request: Request) -> dict[str, Any]:
        return {one: clusters.update(account, identity, await json_body(request))}

    @routes.delete(PATH + "/{identity}", status_code=204)
    async def delete(identity: str) -> Response:
        clusters.delete(account, identity)
        return Response(status_code=204)

    @routes.get(PATH + "/{identity}/destroy_with_associated_resources")
    async def associated(identity: str) -> dict[str, Any]:
        clusters.get(store, identity)
        return {
            "volumes": _names(clusters.associated_volumes(store, identity)),
            "volume_snapshots": [],
            "load_balancers": _names(clusters.associated_load_balancers(store, identity)),
        }

    @routes.delete(PATH + "/{identity}/destroy_with_associated_resources/{how}", status_code=204)
    async def destroy(identity: str, how: str, request: Request) -> Response:
        if how not in {"dangerous", "selective"}:
            raise not_found()
        clusters.get(store, identity)
        selection = (await json_body(request)).get("load_balancers") or []
        for balancer in clusters.associated_load_balancers(store, identity):
            if how == "dangerous" or balancer["id"] in selection:
                load_balancers.delete(account, balancer["id"])
        clusters.delete(account, identity)
        return Response(status_code=204)

    return routes


def _names(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": document["id"], "name": document["name"]} for document in documents]
