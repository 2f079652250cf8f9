"""What is done to clusters: upgrades, and pull rights of the registry."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api import clusters, kubernetes_versions
from localcloud.api.account import Account
from localcloud.api.replies import ApiError, json_body
from localcloud.api.routes.clusters import PATH


def router(account: Account) -> APIRouter:
    """The routes."""
    routes, store = APIRouter(), account.store

    @routes.get(PATH + "/{identity}/upgrades")
    async def upgrades(identity: str) -> dict[str, Any]:
        current = clusters.get(store, identity)["version"]
        slugs = kubernetes_versions.upgrades(account, current)
        return {"available_upgrade_versions": [kubernetes_versions.description(slug) for slug in slugs]}

    @routes.post(PATH + "/{identity}/upgrade", status_code=202)
    async def upgrade(identity: str, request: Request) -> Response:
        clusters.upgrade(account, identity, str((await json_body(request))["version"]))
        return Response("{}", 202, media_type="application/json")

    @routes.api_route("/v2/kubernetes/registry", methods=["POST", "DELETE"], status_code=204)
    @routes.api_route("/v2/kubernetes/registries", methods=["POST", "DELETE"], status_code=204)
    async def integrate(request: Request) -> Response:
        if not store.all("registry"):
            raise ApiError(404, "registry not found")
        on = request.method == "POST"
        with store.lock():
            for identity in (await json_body(request)).get("cluster_uuids") or []:
                store.put(clusters.KIND, identity, {**clusters.get(store, identity), "registry_enabled": on})
        return Response(status_code=204)

    @routes.post("/_emulator/patch-upgrade")
    async def patch() -> dict[str, Any]:
        """The automatic upgrade in the maintenance window, now, of every cluster that has it on."""
        upgraded = {}
        for cluster in store.all(clusters.KIND):
            newer = kubernetes_versions.patch(account, cluster["version"])
            if cluster["auto_upgrade"] and newer is not None:
                clusters.upgrade(account, cluster["id"], newer)
                upgraded[cluster["id"]] = newer
        return {"upgraded": upgraded}

    return routes
