"""Where the logs of database clusters go: kept, and nothing is sent."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api import databases
from localcloud.api.account import Account
from localcloud.api.replies import ApiError, json_body, new_id, not_found
from localcloud.api.routes.databases import ONE
from localcloud.api.store import Document, Store

TYPES = {"rsyslog", "elasticsearch", "opensearch"}
PATH = f"{ONE}/logsink"


def router(account: Account) -> APIRouter:
    """The routes."""
    routes, store = APIRouter(), account.store

    @routes.get(PATH)
    async def index(identity: str) -> dict[str, Any]:
        databases.get(store, identity)
        return {"sinks": databases.parts(store, databases.LOGSINK, identity)}

    @routes.post(PATH, status_code=201)
    async def create(identity: str, request: Request) -> dict[str, Any]:
        body = await json_body(request)
        databases.get(store, identity)
        if body.get("sink_type") not in TYPES:
            raise ApiError(422, f"sink_type must be one of {', '.join(sorted(TYPES))}")
        _check_config(body["sink_type"], body.get("config") or {})
        if body.get("sink_name") in {
            each["sink_name"] for each in databases.parts(store, databases.LOGSINK, identity)
        }:
            raise ApiError(422, "sink_name is not available")
        sink = {"sink_id": new_id(), **{key: body[key] for key in ("sink_name", "sink_type", "config")}}
        _keep(store, identity, sink)
        return {"sink": sink}

    @routes.get(PATH + "/{sink}")
    async def read(identity: str, sink: str) -> dict[str, Any]:
        return _get(store, identity, sink)

    @routes.put(PATH + "/{sink}")
    async def update(identity: str, sink: str, request: Request) -> dict[str, Any]:
        held = _get(store, identity, sink)
        config = (await json_body(request)).get("config") or {}
        _check_config(held["sink_type"], config)
        _keep(store, identity, {**held, "config": config})
        return {}

    @routes.delete(PATH + "/{sink}")
    async def delete(identity: str, sink: str) -> Response:
        _get(store, identity, sink)
        store.remove(databases.LOGSINK, f"{identity}/{sink}")
        return Response(content="{}", media_type="application/json")

    return routes


def _get(store: Store, identity: str, sink: str) -> Document:
    databases.get(store, identity)
    held = store.get(databases.LOGSINK, f"{identity}/{sink}")
    if held is None:
        raise not_found()
    return dict(held["body"])


def _keep(store: Store, identity: str, body: Document) -> None:
    store.put(databases.LOGSINK, f"{identity}/{body['sink_id']}", {"in": identity, "body": body})


def _check_config(kind: str, config: Document) -> None:
    if kind == "rsyslog" and not (config.get("server") and config.get("port")):
        raise ApiError(422, "config must have server and port")
