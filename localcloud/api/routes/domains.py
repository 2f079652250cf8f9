"""Domains and their records. Nobody answers DNS questions from them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api.collection import Collection
from localcloud.api.replies import ApiError, json_body, not_found, page, require_fields
from localcloud.api.store import Document, Store

TTL = 1800
TYPES = {"A", "AAAA", "CAA", "CNAME", "MX", "NS", "SOA", "SRV", "TXT"}


def _complete(_: Store, body: Document) -> Document:
    name = body["name"]
    return {"name": name, "ttl": TTL, "zone_file": f"$ORIGIN {name}.\n$TTL {TTL}\n"}


DOMAINS = Collection(
    path="/v2/domains", one="domain", many="domains", identity="name", unique="name", complete=_complete
)


def router(store: Store) -> APIRouter:
    """The routes of domains and of their records."""
    routes = APIRouter()
    path = DOMAINS.path + "/{domain}/records"

    def records(domain: str) -> list[Document]:
        DOMAINS.get(store, domain)
        return [held["record"] for held in store.all("domain_record") if held["domain"] == domain]

    def found(domain: str, number: int) -> Document:
        for record in records(domain):
            if record["id"] == number:
                return record
        raise not_found()

    def keep(domain: str, record: Document) -> dict[str, Any]:
        store.put("domain_record", str(record["id"]), {"domain": domain, "record": record})
        return {"domain_record": record}

    @routes.get(path)
    async def index(domain: str, request: Request) -> dict[str, Any]:
        return page(request, "domain_records", records(domain))

    @routes.post(path, status_code=201)
    async def create(domain: str, request: Request) -> dict[str, Any]:
        body = await json_body(request)
        DOMAINS.get(store, domain)
        require_fields(body, "type", "data")
        if body["type"] not in TYPES:
            raise ApiError(422, f"{body['type']} is not a record type")
        fields = ("type", "name", "data", "priority", "port", "weight", "flags", "tag")
        record = {"id": store.next_number("record"), **{key: body.get(key) for key in fields}}
        # The provider adds the dot when it reads these, so it must not be there already.
        return keep(domain, {**record, "data": str(body["data"]).rstrip("."), "ttl": body.get("ttl") or TTL})

    @routes.get(path + "/{number}")
    async def read(domain: str, number: int) -> dict[str, Any]:
        return {"domain_record": found(domain, number)}

    @routes.put(path + "/{number}")
    async def update(domain: str, number: int, request: Request) -> dict[str, Any]:
        sent = {key: value for key, value in (await json_body(request)).items() if value is not None}
        return keep(domain, {**found(domain, number), **sent})

    @routes.delete(path + "/{number}", status_code=204)
    async def delete(domain: str, number: int) -> Response:
        found(domain, number)
        store.remove("domain_record", str(number))
        return Response(status_code=204)

    routes.include_router(DOMAINS.routes(store))
    return routes
