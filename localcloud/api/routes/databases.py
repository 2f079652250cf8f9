"""Database clusters, and the changes of a whole one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api import catalogue, database_catalogue, databases
from localcloud.api.account import Account
from localcloud.api.replies import ApiError, json_body, page
from localcloud.api.store import Document

PATH = "/v2/databases"
ONE = PATH + "/{identity}"


def router(account: Account) -> APIRouter:
    """The routes."""
    routes, store, kind = APIRouter(), account.store, databases.KIND

    @routes.get(PATH + "/options")
    async def options() -> dict[str, Any]:
        return database_catalogue.options()

    @routes.post(PATH, status_code=201)
    async def create(request: Request) -> dict[str, Any]:
        return {kind: databases.create(account, await json_body(request))}

    @routes.get(PATH)
    async def index(request: Request) -> dict[str, Any]:
        tag = request.query_params.get("tag_name")
        return page(request, "databases", [each for each in store.all(kind) if not tag or tag in each["tags"]])

    @routes.get(ONE)
    async def read(identity: str) -> dict[str, Any]:
        return {kind: databases.get(store, identity)}

    @routes.delete(ONE, status_code=204)
    async def delete(identity: str) -> Response:
        databases.delete(account, identity)
        return Response(status_code=204)

    _add_changes(routes, account)
    return routes


def _add_changes(routes: APIRouter, account: Account) -> None:
    """Add the routes that change a whole cluster."""
    store = account.store

    @routes.put(ONE + "/resize", status_code=202)
    async def resize(identity: str, request: Request) -> Response:
        sent = _without_nulls(await json_body(request))
        databases.check_size(sent["size"], sent["num_nodes"])
        grown = max(database_catalogue.storage(sent["size"]), databases.get(store, identity)["storage_size_mib"])
        _change(account, identity, "resizing", {"storage_size_mib": grown, **sent})
        return Response(status_code=202)

    @routes.put(ONE + "/migrate", status_code=202)
    async def migrate(identity: str, request: Request) -> Response:
        sent = _without_nulls(await json_body(request))
        if sent["region"] not in catalogue.REGIONS:
            raise ApiError(422, f"region {sent['region']} is not available")
        _change(account, identity, "migrating", sent)
        return Response(status_code=202)

    @routes.put(ONE + "/upgrade", status_code=204)
    async def upgrade(identity: str, request: Request) -> Response:
        version, held = str((await json_body(request))["version"]), databases.get(store, identity)
        versions = database_catalogue.ENGINES[held["engine"]]
        if version not in versions or versions.index(version) > versions.index(held["version"]):
            raise ApiError(422, f"cannot upgrade {held['engine']} from {held['version']} to {version}")
        _change(account, identity, held["status"], {"version": version})
        return Response(status_code=204)

    @routes.put(ONE + "/maintenance", status_code=204)
    async def maintain(identity: str, request: Request) -> Response:
        sent = _without_nulls(await json_body(request))
        with store.lock():
            window = _window(sent)
            store.put(databases.KIND, identity, {**databases.get(store, identity), "maintenance_window": window})
        return Response(status_code=204)


def _change(account: Account, identity: str, status: str, changes: Document) -> None:
    with account.store.lock():
        database = {**databases.get(account.store, identity), **changes, "status": status}
        account.store.put(databases.KIND, identity, database)
    account.jobs.request(databases.KIND, identity)


def _window(sent: Document) -> Document:
    """A maintenance window, with the seconds that DigitalOcean adds to its hour."""
    hour = str(sent["hour"])
    return {**sent, "hour": hour if hour.count(":") > 1 else f"{hour}:00", "pending": False}


def _without_nulls(sent: Document) -> Document:
    return {key: value for key, value in sent.items() if value is not None}
