"""The account, and what anybody may read: regions and sizes. Tags, too."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api import catalogue
from localcloud.api.account import Account
from localcloud.api.collection import Collection
from localcloud.api.replies import json_body, now, page
from localcloud.api.store import Document, Store


def _tag(store: Store, body: Document) -> Document:
    """A tag; one that is there already is no conflict: the official provider creates each tag that it assigns."""
    return store.get("tag", body["name"]) or {"name": body["name"], "resources": {"count": 0}}


TAGS = Collection(path="/v2/tags", one="tag", many="tags", identity="name", complete=_tag)


def _set_tag(store: Store, resource: Document, tag: str, *, on: bool) -> None:
    """Note a tag on a database, the only noun here that is tagged this way."""
    held = store.get("database", str(resource.get("resource_id")))
    if resource.get("resource_type") == "database" and held is not None:
        others = [each for each in held["tags"] if each != tag]
        store.put("database", held["id"], {**held, "tags": [*others, tag] if on else others})


def router(account: Account) -> APIRouter:
    """The routes of all of them."""
    routes, store = APIRouter(), account.store

    @routes.get("/v2/account")
    async def read() -> dict[str, Any]:
        return {
            "account": {
                "droplet_limit": account.limits.current()["droplets"],
                "floating_ip_limit": 5,
                "email": "local@example.com",
                "email_verified": True,
                "uuid": "00000000-0000-4000-8000-000000000000",
                "status": "active",
                "status_message": "",
                "team": {"uuid": "00000000-0000-4000-8000-000000000000", "name": "Slipway local"},
            }
        }

    @routes.get("/v2/customers/my/balance")
    async def balance() -> dict[str, Any]:
        nothing = "0.00"  # nothing is billed here
        amounts = dict.fromkeys(("account_balance", "month_to_date_balance", "month_to_date_usage"), nothing)
        return {**amounts, "generated_at": now()}

    @routes.get("/v2/regions")
    async def regions(request: Request) -> dict[str, Any]:
        return page(request, "regions", catalogue.regions())

    @routes.get("/v2/sizes")
    async def sizes(request: Request) -> dict[str, Any]:
        return page(request, "sizes", catalogue.sizes())

    @routes.api_route("/v2/tags/{name}/resources", methods=["POST", "DELETE"], status_code=204)
    async def assign(name: str, request: Request) -> Response:
        tag = TAGS.get(store, name)
        resources = (await json_body(request)).get("resources") or []
        tag["resources"]["count"] += len(resources) if request.method == "POST" else -len(resources)
        for resource in resources:
            _set_tag(store, resource, name, on=request.method == "POST")
        store.put(TAGS.kind, name, tag)
        return Response(status_code=204)

    routes.include_router(TAGS.routes(store))
    return routes
