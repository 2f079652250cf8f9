"""Domains."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api import zones
from localcloud.api.account import Account
from localcloud.api.collection import Collection
from localcloud.api.replies import ApiError, json_body
from localcloud.api.store import Document, Store

NAME = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


def _complete(store: Store, body: Document) -> Document:
    if not NAME.fullmatch(body["name"]):
        raise ApiError(422, f"{body['name']} is not a valid domain name")
    zones.add_defaults(store, body["name"], body.get("ip_address"))
    made = {"name": body["name"], "ttl": zones.TTL}
    return {**made, "zone_file": zones.zone_file(store, made)}


DOMAINS = Collection(
    path="/v2/domains", one=zones.KIND, many="domains", identity="name", unique="name", complete=_complete
)


async def publish(account: Account, domain: str) -> None:
    """Have the name servers answer from a changed domain before the API does."""
    store = account.store
    held = store.get(zones.KIND, domain)
    if held is not None:
        store.put(zones.KIND, domain, {**held, "zone_file": zones.zone_file(store, held)})
    if account.backends.name_server is not None:
        await account.settle(zones.ZONES, zones.ALL)


def router(account: Account) -> APIRouter:
    """The routes."""
    routes, store = APIRouter(), account.store

    @routes.post(DOMAINS.path, status_code=201)
    async def create_domain(request: Request) -> dict[str, Any]:
        made = DOMAINS.create(store, await json_body(request))
        await publish(account, made["name"])
        return {"domain": made}

    @routes.delete(DOMAINS.path + "/{domain}", status_code=204)
    async def delete_domain(domain: str) -> Response:
        DOMAINS.get(store, domain)
        with store.lock():
            for record in zones.records(store, domain):
                store.remove(zones.RECORDS, str(record["id"]))
            store.remove(zones.KIND, domain)
        await publish(account, domain)
        return Response(status_code=204)

    routes.include_router(DOMAINS.routes(store))
    return routes
