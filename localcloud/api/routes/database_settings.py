"""What of a database cluster has an address of its own: trusted sources, policies, its authority, its backups."""

from __future__ import annotations

import base64
from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api import databases, followers
from localcloud.api.account import Account
from localcloud.api.replies import ApiError, json_body
from localcloud.api.routes.databases import ONE


async def settle(account: Account, identity: str) -> None:
    """Have a real database match before the API answers.

    Raises:
        ApiError: 500: it could not be made to.
    """
    if account.backends.databases is None:
        return
    await account.settle(databases.KIND, identity)
    held = account.store.get(databases.KIND, identity)
    if held is not None and held["status"] == "error":
        raise ApiError(500, f"Server Error: {held['status_message']}")


def router(account: Account) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    _firewall(routes, account)
    _settings(routes, account)
    store = account.store

    @routes.get(ONE + "/ca")
    async def authority(identity: str) -> dict[str, Any]:
        databases.get(store, identity)
        backend = account.backends.databases
        text = "no certificate: nothing listens here" if backend is None else backend.certificate_authority()
        return {"ca": {"certificate": base64.b64encode(text.encode()).decode()}}

    @routes.get(ONE + "/backups")
    async def backups(identity: str) -> dict[str, Any]:
        """The first backup of a cluster is made with it; Valkey has none."""
        held = databases.get(store, identity)
        if held["engine"] in databases.CACHES:
            raise ApiError(422, "backups are not supported for this engine")
        return {"backups": [{"created_at": held["created_at"], "size_gigabytes": 0.03}]}

    return routes


def _firewall(routes: APIRouter, account: Account) -> None:
    @routes.get(ONE + "/firewall")
    async def read(identity: str) -> dict[str, Any]:
        databases.get(account.store, identity)
        return {"rules": followers.rules(account, identity)}

    @routes.put(ONE + "/firewall", status_code=204)
    async def update(identity: str, request: Request) -> Response:
        databases.get(account.store, identity)
        databases.set_rules(account.store, identity, (await json_body(request)).get("rules") or [])
        await settle(account, identity)
        return Response(status_code=204)


def _settings(routes: APIRouter, account: Account) -> None:
    store = account.store

    def setting(path: str, otherwise: Any, engines: set[str] | None = None) -> None:
        def get_setting(identity: str) -> dict[str, Any]:
            held = databases.get(store, identity)
            if engines and held["engine"] not in engines:
                raise ApiError(422, f"{path} is not supported for engine {held['engine']}")
            return held

        @routes.get(f"{ONE}/{path}")
        async def read(identity: str) -> dict[str, Any]:
            return {path: get_setting(identity).get(path) or otherwise}

        @routes.api_route(f"{ONE}/{path}", methods=["PATCH" if path == "config" else "PUT"], status_code=204)
        async def update(identity: str, request: Request) -> Response:
            body = await json_body(request)
            with store.lock():
                held = get_setting(identity)
                change = {"storage_autoscale": body["storage"]} if path == "autoscale" else {}
                value = {**held.get(path, {}), **body[path]} if path == "config" else body.get(path, body)
                store.put(databases.KIND, identity, {**held, path: value, **change})
            await settle(account, identity)
            return Response(status_code=200 if path == "config" else 204)

    setting("eviction_policy", "noeviction", databases.CACHES)
    setting("sql_mode", "", {"mysql"})
    setting("config", {})
    setting("autoscale", {"storage": {"enabled": False}})
