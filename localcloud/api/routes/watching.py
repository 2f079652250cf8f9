"""Uptime checks with their alerts, monitoring alerts, firewalls and certificates: kept, and never acted on."""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api.collection import Collection
from localcloud.api.replies import json_body, new_id, not_found, now, page, require_fields
from localcloud.api.store import Document, Store


def _check(_: Store, body: Document) -> Document:
    fields = ("name", "type", "target")
    enabled = body.get("enabled")
    return {
        "id": new_id(),
        **{key: body[key] for key in fields},
        "regions": body.get("regions") or [],
        "enabled": True if enabled is None else enabled,
    }


def _policy(_: Store, body: Document) -> Document:
    alerts = body.get("alerts") or {}
    return {
        **body,
        "uuid": new_id(),
        "entities": body.get("entities") or [],
        "tags": body.get("tags") or [],
        "alerts": {"slack": alerts.get("slack") or [], "email": alerts.get("email") or []},
    }


def _firewall(_: Store, body: Document) -> Document:
    def rules(direction: str, peers: str) -> list[Document]:
        return [{"ports": "0", **rule, peers: rule.get(peers) or {}} for rule in body.get(direction) or []]

    return {
        "id": new_id(),
        "name": body["name"],
        "status": "succeeded",
        "created_at": now(),
        "inbound_rules": rules("inbound_rules", "sources"),
        "outbound_rules": rules("outbound_rules", "destinations"),
        "droplet_ids": body.get("droplet_ids") or [],
        "tags": body.get("tags") or [],
        "pending_changes": [],
    }


def _certificate(_: Store, body: Document) -> Document:
    return {
        "id": new_id(),
        "name": body["name"],
        "dns_names": body.get("dns_names") or [],
        "not_after": "2099-01-01T00:00:00Z",
        "sha1_fingerprint": hashlib.sha1(body["name"].encode(), usedforsecurity=False).hexdigest(),
        "created_at": now(),
        "state": "verified",
        "type": body["type"],
    }


CHECKS = Collection(
    path="/v2/uptime/checks", one="check", many="checks", needs=("name", "type", "target"), complete=_check
)
OTHERS = (
    Collection(
        path="/v2/monitoring/alerts",
        one="policy",
        many="policies",
        needs=("type", "compare", "window"),
        identity="uuid",
        complete=_policy,
        created=200,
    ),
    Collection(path="/v2/firewalls", one="firewall", many="firewalls", complete=_firewall, created=202),
    Collection(
        path="/v2/certificates", one="certificate", many="certificates", needs=("name", "type"), complete=_certificate
    ),
)


def router(store: Store) -> APIRouter:
    """The routes of all of them."""
    routes = APIRouter()
    path = CHECKS.path + "/{check}/alerts"

    def found(check: str, identity: str) -> Document:
        held = store.get("uptime_alert", identity)
        if held is None or held["check"] != check:
            raise not_found()
        alert: Document = held["alert"]
        return alert

    def keep(check: str, alert: Document) -> dict[str, Any]:
        store.put("uptime_alert", alert["id"], {"check": check, "alert": alert})
        return {"alert": alert}

    @routes.get(path)
    async def index(check: str, request: Request) -> dict[str, Any]:
        CHECKS.get(store, check)
        alerts = [held["alert"] for held in store.all("uptime_alert") if held["check"] == check]
        return page(request, "alerts", alerts)

    @routes.post(path, status_code=201)
    async def create(check: str, request: Request) -> dict[str, Any]:
        CHECKS.get(store, check)
        body = await json_body(request)
        require_fields(body, "name", "type")
        told = body.get("notifications") or {}
        notifications = {"email": told.get("email") or [], "slack": told.get("slack") or []}
        return keep(check, {**body, "id": new_id(), "notifications": notifications})

    @routes.get(path + "/{identity}")
    async def read(check: str, identity: str) -> dict[str, Any]:
        return {"alert": found(check, identity)}

    @routes.put(path + "/{identity}")
    async def update(check: str, identity: str, request: Request) -> dict[str, Any]:
        sent = {key: value for key, value in (await json_body(request)).items() if value is not None}
        return keep(check, {**found(check, identity), **sent})

    @routes.delete(path + "/{identity}", status_code=204)
    async def delete(check: str, identity: str) -> Response:
        found(check, identity)
        store.remove("uptime_alert", identity)
        return Response(status_code=204)

    for collection in (CHECKS, *OTHERS):
        routes.include_router(collection.routes(store))
    return routes
