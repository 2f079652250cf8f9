"""Users, databases and connection pools of a database cluster."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api import database_catalogue, databases
from localcloud.api.account import Account
from localcloud.api.replies import ApiError, json_body, not_found, page
from localcloud.api.routes.database_settings import settle
from localcloud.api.routes.databases import ONE
from localcloud.api.store import Document, Store

PARTS = {"dbs": "db", "users": "user", "pools": "pool"}
OWN = {"doadmin", "default", "defaultdb"}  # made with the cluster


def router(account: Account) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    for many, key in PARTS.items():
        _parts(routes, account, many, key)
    _users(routes, account)
    _pools(routes, account)
    return routes


def _parts(routes: APIRouter, account: Account, many: str, key: str) -> None:
    kind, store = f"database_{key}", account.store

    @routes.get(f"{ONE}/{many}")
    async def index(identity: str, request: Request) -> dict[str, Any]:
        databases.get(store, identity)
        return page(request, many, databases.parts(store, kind, identity))

    @routes.post(f"{ONE}/{many}", status_code=201)
    async def create(identity: str, request: Request) -> dict[str, Any]:
        body = await json_body(request)
        with store.lock():
            database = databases.get(store, identity)
            if store.get(kind, f"{identity}/{body['name']}"):
                raise ApiError(422, f"{key} name is not available")
            if key == "user":
                body |= {"role": "normal", "password": _password()}
            if key == "pool":
                _check_pool(store, database, body)
                body |= databases.pool_connections(store, database, body)
            store.put(kind, f"{identity}/{body['name']}", {"in": identity, "body": body})
        await settle(account, identity)
        return {key: _held(store, kind, identity, body["name"])}

    @routes.get(f"{ONE}/{many}/{{name}}")
    async def read(identity: str, name: str) -> dict[str, Any]:
        return {key: _held(store, kind, identity, name)}

    @routes.delete(f"{ONE}/{many}/{{name}}", status_code=204)
    async def delete(identity: str, name: str) -> Response:
        _held(store, kind, identity, name)
        if name in OWN:
            raise ApiError(422, f"{key} {name} cannot be deleted")
        store.remove(kind, f"{identity}/{name}")
        await settle(account, identity)
        return Response(status_code=204)


def _users(routes: APIRouter, account: Account) -> None:
    store, path = account.store, ONE + "/users/{name}"

    @routes.put(path, status_code=201)
    async def update(identity: str, name: str, request: Request) -> dict[str, Any]:
        body = await json_body(request)
        with store.lock():
            user = _held(store, databases.USER, identity, name)
            user |= {part: body[part] for part in ("settings", "mysql_settings") if part in body}
            store.put(databases.USER, f"{identity}/{name}", {"in": identity, "body": user})
        return {"user": user}

    @routes.post(path + "/reset_auth")
    async def reset(identity: str, name: str, request: Request) -> dict[str, Any]:
        """Give a user another password."""
        body = await json_body(request)
        with store.lock():
            user = _held(store, databases.USER, identity, name)
            user |= {"password": _password()}
            user |= {"mysql_settings": body["mysql_settings"]} if body.get("mysql_settings") else {}
            store.put(databases.USER, f"{identity}/{name}", {"in": identity, "body": user})
            _spread_password(store, identity, user)
        await settle(account, identity)
        return {"user": user}


def _pools(routes: APIRouter, account: Account) -> None:
    store = account.store

    @routes.put(ONE + "/pools/{name}", status_code=204)
    async def update(identity: str, name: str, request: Request) -> Response:
        body = {key: value for key, value in (await json_body(request)).items() if value is not None}
        with store.lock():
            database = databases.get(store, identity)
            pool = {**_held(store, databases.POOL, identity, name), **body, "name": name}
            _check_pool(store, database, pool)
            pool |= databases.pool_connections(store, database, pool)
            store.put(databases.POOL, f"{identity}/{name}", {"in": identity, "body": pool})
        await settle(account, identity)
        return Response(status_code=204)


def _check_pool(store: Store, database: Document, pool: Document) -> None:
    """Refuse a pool that the server has no connections left for.

    Raises:
        ApiError: 422.
    """
    identity = database["id"]
    if database["engine"] != "pg":
        raise ApiError(422, "connection pools are only supported for PostgreSQL")
    if store.get(databases.DB, f"{identity}/{pool['db']}") is None:
        raise ApiError(422, f"database {pool['db']} does not exist")
    if pool.get("user") and store.get(databases.USER, f"{identity}/{pool['user']}") is None:
        raise ApiError(422, f"user {pool['user']} does not exist")
    others = sum(
        held["size"] for held in databases.parts(store, databases.POOL, identity) if held["name"] != pool["name"]
    )
    free = database_catalogue.pool_connections(database["size"]) - others
    if not 1 <= pool["size"] <= free:
        raise ApiError(422, f"connection pool size must be between 1 and {free}, the connections that are left")


def _spread_password(store: Store, identity: str, user: Document) -> None:
    """Put a new password into every connection that shows it."""
    database = databases.get(store, identity)
    if user["role"] == "primary":
        host, private = database["connection"]["host"], database["private_connection"]["host"]
        port = database["connection"]["port"]
        database |= databases.connections(database, user["password"], host, private, port)
        store.put(databases.KIND, identity, database)
    for pool in databases.parts(store, databases.POOL, identity):
        body = {**pool, **databases.pool_connections(store, database, pool)}
        store.put(databases.POOL, f"{identity}/{pool['name']}", {"in": identity, "body": body})


def _held(store: Store, kind: str, identity: str, name: str) -> Document:
    databases.get(store, identity)
    held = store.get(kind, f"{identity}/{name}")
    if held is None:
        raise not_found()
    body: Document = held["body"]
    return body


def _password() -> str:
    return f"AVNS_{secrets.token_urlsafe(16)}"
