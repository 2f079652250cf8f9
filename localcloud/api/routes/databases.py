"""Managed databases: their descriptions. No server stands behind one."""

from __future__ import annotations

import base64
import secrets
from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api.collection import Collection
from localcloud.api.replies import ApiError, json_body, new_id, not_found, now, page, require_fields
from localcloud.api.store import Document, Store

PORTS = {"pg": 25060, "mysql": 25060, "redis": 25061, "valkey": 25061, "mongodb": 27017, "kafka": 25073}
POOL_PORT = 25061
PARTS = {"dbs": "db", "users": "user", "pools": "pool"}


def _complete(_: Store, body: Document) -> Document:
    if body["engine"] not in PORTS:
        raise ApiError(422, f"invalid engine: {body['engine']}")
    host = f"{body['name']}-do-user-1-0.db.ondigitalocean.com"
    return {
        "id": new_id(),
        "name": body["name"],
        "engine": body["engine"],
        "version": str(body.get("version") or "16"),
        "region": body["region"],
        "size": body["size"],
        "num_nodes": body["num_nodes"],
        "status": "creating",
        "storage_size_mib": body.get("storage_size_mib") or 10240,
        "storage_autoscale": body.get("storage_autoscale"),
        "tags": body.get("tags") or [],
        "private_network_uuid": body.get("private_network_uuid") or "",
        "project_id": body.get("project_id") or "",
        "connection": _connection(body["engine"], host),
        "private_connection": _connection(body["engine"], f"private-{host}"),
        "maintenance_window": {"day": "monday", "hour": "00:00:00", "pending": False},
        "metrics_endpoints": [],
        "db_names": ["defaultdb"],
        "users": [],
    }


DATABASES = Collection(
    path="/v2/databases",
    one="database",
    many="databases",
    needs=("name", "engine", "size", "region", "num_nodes"),
    unique="name",
    complete=_complete,
)


def router(store: Store) -> APIRouter:
    """The routes of database clusters and of what is in them."""
    routes = APIRouter()
    one = DATABASES.path + "/{identity}"

    @routes.get(one)
    async def read(identity: str) -> dict[str, Any]:
        with store.lock():
            database = DATABASES.get(store, identity)
            if database["status"] == "creating":  # the first look sees it still being made
                store.put(DATABASES.kind, identity, {**database, "status": "online"})
        return {"database": database}

    def change(path: str, **fixed: Any) -> None:
        @routes.put(f"{one}/{path}", status_code=202 if path in {"resize", "migrate"} else 204)
        async def act(identity: str, request: Request) -> Response:
            sent = {key: value for key, value in (await json_body(request)).items() if value is not None}
            with store.lock():
                database = DATABASES.get(store, identity)
                update = {path.replace("maintenance", "maintenance_window"): _window(sent)} if fixed else sent
                store.put(DATABASES.kind, identity, {**database, **update})
            return Response(status_code=202 if path in {"resize", "migrate"} else 204)

    for path in ("resize", "migrate", "upgrade"):
        change(path)
    change("maintenance", nested=True)

    @routes.get(one + "/ca")
    async def authority(identity: str) -> dict[str, Any]:
        DATABASES.get(store, identity)
        return {"ca": {"certificate": base64.b64encode(b"no certificate: nothing listens here").decode()}}

    _firewall(routes, store, one)
    _settings(routes, store, one)
    for many, key in PARTS.items():
        _parts(routes, store, one, many, key)
    routes.include_router(DATABASES.routes(store))
    return routes


def _firewall(routes: APIRouter, store: Store, one: str) -> None:
    @routes.get(one + "/firewall")
    async def read(identity: str) -> dict[str, Any]:
        DATABASES.get(store, identity)
        return {"rules": (store.get("database_firewall", identity) or {"rules": []})["rules"]}

    @routes.put(one + "/firewall", status_code=204)
    async def update(identity: str, request: Request) -> Response:
        DATABASES.get(store, identity)
        rules = [
            {"uuid": new_id(), "cluster_uuid": identity, "created_at": now(), **_without_empty(rule)}
            for rule in (await json_body(request)).get("rules") or []
        ]
        store.put("database_firewall", identity, {"rules": rules})
        return Response(status_code=204)


def _settings(routes: APIRouter, store: Store, one: str) -> None:
    """What has an address of its own: the eviction policy, the SQL mode, the growth of storage."""

    def setting(path: str, otherwise: Any) -> None:
        @routes.get(f"{one}/{path}")
        async def read(identity: str) -> dict[str, Any]:
            return {path: DATABASES.get(store, identity).get(path) or otherwise}

        @routes.put(f"{one}/{path}", status_code=204)
        async def update(identity: str, request: Request) -> Response:
            body = await json_body(request)
            with store.lock():
                database = DATABASES.get(store, identity)
                change = {"storage_autoscale": body["storage"]} if path == "autoscale" else {}
                store.put(DATABASES.kind, identity, {**database, path: body.get(path, body), **change})
            return Response(status_code=204)

    setting("eviction_policy", "noeviction")
    setting("sql_mode", "")
    setting("autoscale", {"storage": {"enabled": False}})


def _parts(routes: APIRouter, store: Store, one: str, many: str, key: str) -> None:
    kind = f"database_{key}"

    @routes.get(f"{one}/{many}")
    async def index(identity: str, request: Request) -> dict[str, Any]:
        DATABASES.get(store, identity)
        return page(request, many, [held["body"] for held in store.all(kind) if held["in"] == identity])

    @routes.post(f"{one}/{many}", status_code=201)
    async def create(identity: str, request: Request) -> dict[str, Any]:
        DATABASES.get(store, identity)
        body = await json_body(request)
        require_fields(body, "name")
        with store.lock():
            if store.get(kind, f"{identity}/{body['name']}"):
                raise ApiError(422, f"{key} {body['name']} already exists")
            if key == "user":
                body |= {"role": "normal", "password": f"AVNS_{secrets.token_urlsafe(16)}"}
            if key == "pool":
                body |= _pool_connections(store, identity, body)
            store.put(kind, f"{identity}/{body['name']}", {"in": identity, "body": body})
        return {key: body}

    @routes.get(f"{one}/{many}/{{name}}")
    async def read(identity: str, name: str) -> dict[str, Any]:
        held = store.get(kind, f"{identity}/{name}")
        if held is None:
            raise not_found()
        return {key: held["body"]}

    if key == "user":

        @routes.put(f"{one}/{many}/{{name}}", status_code=201)
        @routes.post(f"{one}/{many}/{{name}}/reset_auth")
        async def update(identity: str, name: str, request: Request) -> dict[str, Any]:
            body = await json_body(request)
            with store.lock():
                held = store.get(kind, f"{identity}/{name}")
                if held is None:
                    raise not_found()
                held["body"] |= {part: body[part] for part in ("settings", "mysql_settings") if part in body}
                store.put(kind, f"{identity}/{name}", held)
            return {key: held["body"]}

    @routes.delete(f"{one}/{many}/{{name}}", status_code=204)
    async def delete(identity: str, name: str) -> Response:
        if not store.remove(kind, f"{identity}/{name}"):
            raise not_found()
        return Response(status_code=204)


def _pool_connections(store: Store, identity: str, pool: Document) -> Document:
    """Where a pool answers: beside its server, as its own user, with its name in the place of a database's."""
    database, user = DATABASES.get(store, identity), store.get("database_user", f"{identity}/{pool.get('user')}")
    if user is None:
        raise ApiError(422, f"there is no user {pool.get('user')}")
    name, password = user["body"]["name"], user["body"]["password"]
    found = {}
    for key in ("connection", "private_connection"):
        host, port = database[key]["host"], POOL_PORT
        uri = f"postgresql://{name}:{password}@{host}:{port}/{pool['name']}?sslmode=require"
        own = {"uri": uri, "database": pool["name"], "port": port, "user": name, "password": password}
        found[key] = {**database[key], **own}
    return found


def _window(sent: Document) -> Document:
    """A maintenance window, with the seconds that DigitalOcean adds to its hour."""
    hour = str(sent.get("hour") or "00:00")
    return {**sent, "hour": hour if hour.count(":") > 1 else f"{hour}:00", "pending": False}


def _without_empty(rule: Document) -> Document:
    return {key: value for key, value in rule.items() if value not in (None, "")}


def _connection(engine: str, host: str) -> Document:
    port, password = PORTS[engine], f"AVNS_{secrets.token_urlsafe(16)}"
    scheme = {"pg": "postgresql", "redis": "rediss", "valkey": "rediss"}.get(engine, engine)
    if scheme == "rediss":
        user, database, uri = "default", "", f"{scheme}://default:{password}@{host}:{port}"
    else:
        user, database = "doadmin", "defaultdb"
        uri = f"{scheme}://{user}:{password}@{host}:{port}/{database}?sslmode=require"
    return {
        "protocol": scheme,
        "uri": uri,
        "database": database,
        "host": host,
        "port": port,
        "user": user,
        "password": password,
        "ssl": True,
    }
