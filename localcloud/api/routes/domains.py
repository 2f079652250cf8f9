"""Domains and their records."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api import zones
from localcloud.api.account import Account
from localcloud.api.collection import Collection
from localcloud.api.replies import ApiError, json_body, not_found, page
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


def router(account: Account) -> APIRouter:
    """The routes of domains and of their records."""
    routes, store = APIRouter(), account.store
    path = DOMAINS.path + "/{domain}/records"

    async def apply(domain: str) -> None:
        """Have the name servers answer from it before the API does."""
        held = store.get(zones.KIND, domain)
        if held is not None:
            store.put(zones.KIND, domain, {**held, "zone_file": zones.zone_file(store, held)})
        if account.backends.name_server is not None:
            await account.settle(zones.ZONES, zones.ALL)

    def found(domain: str, number: int) -> Document:
        DOMAINS.get(store, domain)
        for record in zones.records(store, domain):
            if record["id"] == number:
                return record
        raise not_found()

    @routes.post(DOMAINS.path, status_code=201)
    async def create_domain(request: Request) -> dict[str, Any]:
        made = DOMAINS.create(store, await json_body(request))
        await apply(made["name"])
        return {"domain": made}

    @routes.delete(DOMAINS.path + "/{domain}", status_code=204)
    async def delete_domain(domain: str) -> Response:
        DOMAINS.get(store, domain)
        with store.lock():
            for record in zones.records(store, domain):
                store.remove(zones.RECORDS, str(record["id"]))
            store.remove(zones.KIND, domain)
        await apply(domain)
        return Response(status_code=204)

    @routes.get(path)
    async def index(domain: str, request: Request) -> dict[str, Any]:
        DOMAINS.get(store, domain)
        query = request.query_params
        names = {query["name"], query["name"].removesuffix(f".{domain}")} if "name" in query else set()
        records = [
            record
            for record in zones.records(store, domain)
            if query.get("type") in {None, record["type"]}
            and (not names or record["name"] in names or (record["name"] == "@" and domain in names))
        ]
        return page(request, "domain_records", records)

    @routes.post(path, status_code=201)
    async def create(domain: str, request: Request) -> dict[str, Any]:
        DOMAINS.get(store, domain)
        with store.lock():
            record = zones.add(store, domain, await json_body(request))
        await apply(domain)
        return {"domain_record": record}

    @routes.get(path + "/{number}")
    async def read(domain: str, number: int) -> dict[str, Any]:
        return {"domain_record": found(domain, number)}

    @routes.api_route(path + "/{number}", methods=["PUT", "PATCH"])
    async def update(domain: str, number: int, request: Request) -> dict[str, Any]:
        sent = {key: value for key, value in (await json_body(request)).items() if value is not None and key != "id"}
        with store.lock():
            record = zones.put(store, domain, {**found(domain, number), **sent})
        await apply(domain)
        return {"domain_record": record}

    @routes.delete(path + "/{number}", status_code=204)
    async def delete(domain: str, number: int) -> Response:
        found(domain, number)
        store.remove(zones.RECORDS, str(number))
        await apply(domain)
        return Response(status_code=204)

    routes.include_router(DOMAINS.routes(store))
    return routes
