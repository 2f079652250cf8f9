"""Droplets: read only, as node pools alone make them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from localcloud.api import droplets
from localcloud.api.account import Account
from localcloud.api.replies import not_found, page


def router(account: Account) -> APIRouter:
    """The routes."""
    routes, store = APIRouter(), account.store

    @routes.get("/v2/droplets")
    async def index(request: Request) -> dict[str, Any]:
        tag, name = request.query_params.get("tag_name"), request.query_params.get("name")
        found = droplets.tagged(store, tag) if tag else store.all(droplets.KIND)
        found = [droplet for droplet in found if not name or droplet["name"] == name]
        return page(request, "droplets", [droplets.describe(store, droplet) for droplet in found])

    @routes.get("/v2/droplets/{identity}")
    async def read(identity: int) -> dict[str, Any]:
        droplet = store.get(droplets.KIND, str(identity))
        if droplet is None:
            raise not_found()
        return {"droplet": droplets.describe(store, droplet)}

    return routes
