"""Uptime checks and their alerts: kept, and never acted on."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api.account import Account
from localcloud.api.collection import Collection
from localcloud.api.replies import ApiError, json_body, new_id, not_found, now, page
from localcloud.api.store import Document, Store

REGIONS = {"us_east", "us_west", "eu_west", "se_asia"}


def _check(_: Store, body: Document) -> Document:
    if unknown := sorted(set(body.get("regions") or []) - REGIONS):
        raise ApiError(422, f"regions: {unknown[0]} is none of {', '.join(sorted(REGIONS))}")
    if body["type"] != "ping" and not body["target"].startswith(f"{body['type']}://"):
        raise ApiError(422, f"target must be a URL that begins with {body['type']}://")
    enabled = body.get("enabled")
    return {
        "id": new_id(),
        **{key: body[key] for key in ("name", "type", "target")},
        "regions": body.get("regions") or [],
        "enabled": True if enabled is None else enabled,
    }


CHECKS = Collection(
    path="/v2/uptime/checks", one="check", many="checks", needs=("name", "type", "target"), complete=_check
)
KIND = "uptime_alert"


def router(account: Account) -> APIRouter:
    """The routes of both."""
    routes, store = APIRouter(), account.store
    path = CHECKS.path + "/{check}/alerts"

    @routes.get(CHECKS.path + "/{check}/state")
    async def state(check: str) -> dict[str, Any]:
        regions = CHECKS.get(store, check)["regions"] or sorted(REGIONS)
        up = {"status": "UP", "status_changed_at": now(), "thirty_day_uptime_percentage": 100.0}
        return {"state": {"regions": dict.fromkeys(regions, up), "previous_outage": None}}

    @routes.get(path)
    async def index(check: str, request: Request) -> dict[str, Any]:
        CHECKS.get(store, check)
        return page(request, "alerts", [held["alert"] for held in store.all(KIND) if held["check"] == check])

    @routes.post(path, status_code=201)
    async def create(check: str, request: Request) -> dict[str, Any]:
        CHECKS.get(store, check)
        body = await json_body(request)
        sent = body.get("notifications") or {}
        notifications = {"email": sent.get("email") or [], "slack": sent.get("slack") or []}
        return _keep(store, check, {**body, "id": new_id(), "notifications": notifications})

    @routes.get(path + "/{identity}")
    async def read(check: str, identity: str) -> dict[str, Any]:
        return {"alert": _get(store, check, identity)}

    @routes.put(path + "/{identity}")
    async def update(check: str, identity: str, request: Request) -> dict[str, Any]:
        sent = {key: value for key, value in (await json_body(request)).items() if value is not None}
        return _keep(store, check, {**_get(store, check, identity), **sent})

    @routes.delete(path + "/{identity}", status_code=204)
    async def delete(check: str, identity: str) -> Response:
        _get(store, check, identity)
        store.remove(KIND, identity)
        return Response(status_code=204)

    routes.include_router(CHECKS.routes(store))
    return routes


def _get(store: Store, check: str, identity: str) -> Document:
    held = store.get(KIND, identity)
    if held is None or held["check"] != check:
        raise not_found()
    alert: Document = held["alert"]
    return alert


def _keep(store: Store, check: str, alert: Document) -> dict[str, Any]:
    store.put(KIND, alert["id"], {"check": check, "alert": alert})
    return {"alert": alert}
