"""Records of a domain."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api import zones
from localcloud.api.account import Account
from localcloud.api.replies import json_body, not_found, page
from localcloud.api.routes.domains import DOMAINS, publish
from localcloud.api.store import Document, Store

PATH = DOMAINS.path + "/{domain}/records"


def router(account: Account) -> APIRouter:
    """The routes."""
    routes, store = APIRouter(), account.store

    @routes.get(PATH)
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

    @routes.post(PATH, status_code=201)
    async def create(domain: str, request: Request) -> dict[str, Any]:
        DOMAINS.get(store, domain)
        with store.lock():
            record = zones.add(store, domain, await json_body(request))
        await publish(account, domain)
        return {"domain_record": record}

    @routes.get(PATH + "/{number}")
    async def read(domain: str, number: int) -> dict[str, Any]:
        return {"domain_record": _get(store, domain, number)}

    @routes.api_route(PATH + "/{number}", methods=["PUT", "PATCH"])
    async def update(domain: str, number: int, request: Request) -> dict[str, Any]:
        sent = {key: value for key, value in (await json_body(request)).items() if value is not None and key != "id"}
        with store.lock():
            record = zones.put(store, domain, {**_get(store, domain, number), **sent})
        await publish(account, domain)
        return {"domain_record": record}

    @routes.delete(PATH + "/{number}", status_code=204)
    async def delete(domain: str, number: int) -> Response:
        _get(store, domain, number)
        store.remove(zones.RECORDS, str(number))
        await publish(account, domain)
        return Response(status_code=204)

    return routes


def _get(store: Store, domain: str, number: int) -> Document:
    """A record by its number.

    Raises:
        ApiError: 404.
    """
    DOMAINS.get(store, domain)
    for record in zones.records(store, domain):
        if record["id"] == number:
            return record
    raise not_found()
