"""Projects and what is filed under them. Everything is in one project: the default one, until it is moved."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from localcloud.api.account import Account
from localcloud.api.collection import Collection
from localcloud.api.replies import ApiError, json_body, new_id, now, page
from localcloud.api.store import Document, Store

DEFAULT = "default"


def _complete(_: Store, body: Document) -> Document:
    return {
        "id": new_id(),
        "owner_uuid": "00000000-0000-4000-8000-000000000000",
        "owner_id": 1,
        "name": body["name"],
        "description": body.get("description") or "",
        "purpose": body["purpose"],
        "environment": body.get("environment") or "",
        "is_default": False,
        "created_at": now(),
        "updated_at": now(),
    }


def _removable(store: Store, project: Document) -> None:
    if project["is_default"]:
        raise ApiError(412, "cannot delete the default project")
    if any(held["project"] == project["id"] for held in store.all("project_resource")):
        raise ApiError(412, "cannot delete a project with resources")


PROJECTS = Collection(
    path="/v2/projects",
    one="project",
    many="projects",
    needs=("name", "purpose"),
    unique="name",
    complete=_complete,
    removable=_removable,
)


def router(account: Account) -> APIRouter:
    """The routes of projects, the default one among them."""
    routes, store = APIRouter(), account.store
    _ensure_default(store)

    @routes.get(PROJECTS.path + "/default")
    async def default() -> dict[str, Any]:
        return {"project": _project(store, DEFAULT)}

    @routes.get(PROJECTS.path + "/{identity}/resources")
    async def index(identity: str, request: Request) -> dict[str, Any]:
        project = _project(store, identity)
        held = [each["body"] for each in store.all("project_resource") if each["project"] == project["id"]]
        return page(request, "resources", held)

    @routes.post(PROJECTS.path + "/{identity}/resources")
    async def assign(identity: str, request: Request) -> dict[str, Any]:
        project = _project(store, identity)
        urns = (await json_body(request)).get("resources") or []
        return {"resources": [_assign(store, project["id"], urn) for urn in urns]}

    routes.include_router(PROJECTS.routes(store))
    return routes


def _assign(store: Store, project: str, urn: str) -> Document:
    if urn.count(":") != 2 or not urn.startswith("do:"):  # noqa: PLR2004 - do:kind:id
        raise ApiError(400, f"{urn} is not a valid URN")
    body = {"urn": urn, "assigned_at": now(), "links": {"self": ""}, "status": "assigned"}
    store.put("project_resource", urn, {"project": project, "body": body})
    return body


def _project(store: Store, identity: str) -> Document:
    if identity == DEFAULT:
        return next(project for project in store.all(PROJECTS.kind) if project["is_default"])
    return PROJECTS.get(store, identity)


def _ensure_default(store: Store) -> None:
    with store.lock():
        if not store.all(PROJECTS.kind):
            made = PROJECTS.create(store, {"name": "first-project", "purpose": "Just trying out DigitalOcean"})
            store.put(PROJECTS.kind, made["id"], {**made, "is_default": True})
