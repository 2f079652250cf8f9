"""Load balancers, their droplets and their forwarding rules."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api import load_balancers
from localcloud.api.account import Account
from localcloud.api.replies import ApiError, json_body, page
from localcloud.api.store import Document

PATH = "/v2/load_balancers"
ONE = load_balancers.KIND


def router(account: Account) -> APIRouter:
    """The routes."""
    routes, store = APIRouter(), account.store

    @routes.post(PATH, status_code=202)
    async def create(request: Request) -> dict[str, Any]:
        return {ONE: load_balancers.create(account, await json_body(request))}

    @routes.get(PATH)
    async def index(request: Request) -> dict[str, Any]:
        found, name = store.all(ONE), request.query_params.get("name")
        return page(request, "load_balancers", [each for each in found if not name or each["name"] == name])

    @routes.get(PATH + "/{identity}")
    async def read(identity: str) -> dict[str, Any]:
        return {ONE: load_balancers.get(store, identity)}

    @routes.put(PATH + "/{identity}")
    async def update(identity: str, request: Request) -> dict[str, Any]:
        return {ONE: load_balancers.update(account, identity, await json_body(request))}

    @routes.delete(PATH + "/{identity}", status_code=204)
    async def delete(identity: str) -> Response:
        load_balancers.delete(account, identity)
        return Response(status_code=204)

    @routes.api_route(PATH + "/{identity}/droplets", methods=["POST", "DELETE"], status_code=204)
    async def droplets(identity: str, request: Request) -> Response:
        sent = (await json_body(request)).get("droplet_ids") or []
        balancer = load_balancers.get(store, identity)
        if balancer["tag"]:
            raise ApiError(422, "the droplets of a load balancer with a tag follow the tag")
        others = [each for each in balancer["droplet_ids"] if each not in sent]
        ids = [*others, *sent] if request.method == "POST" else others
        load_balancers.update(account, identity, {**balancer, "droplet_ids": ids})
        return Response(status_code=204)

    @routes.api_route(PATH + "/{identity}/forwarding_rules", methods=["POST", "DELETE"], status_code=204)
    async def rules(identity: str, request: Request) -> Response:
        sent = (await json_body(request)).get("forwarding_rules") or []
        balancer = load_balancers.get(store, identity)
        others = [rule for rule in balancer["forwarding_rules"] if not any(_is_same(rule, each) for each in sent)]
        changed = [*others, *sent] if request.method == "POST" else others
        load_balancers.update(account, identity, {**balancer, "forwarding_rules": changed})
        return Response(status_code=204)

    return routes


def _is_same(one: Document, other: Document) -> bool:
    return all(
        one[key] == other.get(key) for key in ("entry_protocol", "entry_port", "target_protocol", "target_port")
    )
