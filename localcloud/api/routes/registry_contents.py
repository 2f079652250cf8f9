"""What the registry holds: asked of the real one."""

from __future__ import annotations

from typing import Any

import httpx
from fastapi import APIRouter, Request, Response

from localcloud.api.account import Account
from localcloud.api.registry_jobs import COLLECTION
from localcloud.api.replies import ApiError, json_body, new_id, not_found, now, page
from localcloud.api.routes.registries import get_registry
from localcloud.api.store import Document

MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)
UPDATED = "manifest-updated"  # times that a rehearsal set, by digest
PREFIXES = ("/v2/registries/{name}", "/v2/registry/{name}")
RUNNING = "running"


def router(account: Account) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    for prefix in PREFIXES:
        _images(routes, account, prefix)
        _collections(routes, account, prefix)
    _add_time_route(routes, account)
    return routes


def _add_time_route(routes: APIRouter, account: Account) -> None:
    """A control route: when a manifest was updated. The registry keeps no such time: others are new."""

    @routes.put("/_emulator/registry-manifests/{digest}")
    async def update(digest: str, request: Request) -> dict[str, Any]:
        at = (await json_body(request)).get("updated_at")
        if not isinstance(at, str):
            raise ApiError(422, f"updated_at is {at!r}; write a time such as {now()}")
        account.store.put(UPDATED, digest, {"updated_at": at})
        return {"updated_at": at}


def _images(routes: APIRouter, account: Account, prefix: str) -> None:
    repository_path = prefix + "/repositories/{repository:path}"

    def client() -> httpx.AsyncClient:
        logins = account.backends.registry_logins
        return httpx.AsyncClient(base_url=account.registry_url if logins is None else logins.url)

    async def tags_of(name: str, repository: str) -> list[Document]:
        get_registry(account.store, name)
        async with client() as registry:
            listed = await registry.get(f"/v2/{name}/{repository}/tags/list")
            if listed.status_code == httpx.codes.NOT_FOUND:
                raise not_found()
            tags = [await _tag(registry, name, repository, tag) for tag in sorted(listed.json()["tags"] or [])]
        return [{**tag, **(account.store.get(UPDATED, tag["manifest_digest"]) or {})} for tag in tags]

    @routes.get(prefix + "/repositoriesV2")
    async def repositories(name: str, request: Request) -> dict[str, Any]:
        get_registry(account.store, name)
        async with client() as registry:
            listed = (await registry.get("/v2/_catalog")).json().get("repositories") or []
        mine = [each.removeprefix(f"{name}/") for each in listed if each.startswith(f"{name}/")]
        return page(request, "repositories", [{"registry_name": name, "name": each} for each in mine])

    @routes.get(repository_path + "/tags")
    async def tags(name: str, repository: str, request: Request) -> dict[str, Any]:
        return page(request, "tags", await tags_of(name, repository))

    @routes.get(repository_path + "/digests")
    async def digests(name: str, repository: str, request: Request) -> dict[str, Any]:
        manifests: dict[str, Document] = {}
        for tag in await tags_of(name, repository):
            manifest = manifests.setdefault(
                tag["manifest_digest"],
                {"registry_name": name, "repository": repository, "digest": tag["manifest_digest"], "tags": []}
                | {key: tag[key] for key in ("compressed_size_bytes", "size_bytes", "updated_at")},
            )
            manifest["tags"].append(tag["tag"])
        return page(request, "manifests", list(manifests.values()))

    @routes.delete(repository_path + "/digests/{digest}", status_code=204)
    async def delete(name: str, repository: str, digest: str) -> Response:
        get_registry(account.store, name)
        async with client() as registry:
            done = await registry.delete(f"/v2/{name}/{repository}/manifests/{digest}")
        if done.is_error:
            raise not_found()
        return Response(status_code=204)


def _collections(routes: APIRouter, account: Account, prefix: str) -> None:
    store, path = account.store, prefix + "/garbage-collection"

    def running(name: str) -> Document:
        get_registry(store, name)
        for held in store.all(COLLECTION):
            if held["registry_name"] == name and held["status"] == RUNNING:
                return held
        raise not_found()

    @routes.post(path, status_code=201)
    async def collect(name: str, request: Request) -> dict[str, Any]:
        get_registry(store, name)
        body = await json_body(request)
        made: Document = {
            "uuid": new_id(), "registry_name": name, "status": RUNNING, "created_at": now(), "updated_at": now(),
            "blobs_deleted": 0, "freed_bytes": 0, "type": body.get("type") or "unreferenced blobs only",
        }  # fmt: skip
        store.put(COLLECTION, made["uuid"], made)
        account.jobs.request(COLLECTION, made["uuid"])
        return {"garbage_collection": made}

    @routes.get(path)
    async def current(name: str) -> dict[str, Any]:
        return {"garbage_collection": running(name)}

    @routes.get(prefix + "/garbage-collections")
    async def index(name: str, request: Request) -> dict[str, Any]:
        get_registry(store, name)
        held = [each for each in store.all(COLLECTION) if each["registry_name"] == name]
        return page(request, "garbage_collections", held)


async def _tag(client: httpx.AsyncClient, name: str, repository: str, tag: str) -> Document:
    reply = await client.head(f"/v2/{name}/{repository}/manifests/{tag}", headers={"Accept": ", ".join(MANIFESTS)})
    return {
        "registry_name": name,
        "repository": repository,
        "tag": tag,
        "manifest_digest": reply.headers.get("docker-content-digest", ""),
        "compressed_size_bytes": 0,
        "size_bytes": 0,
        "updated_at": now(),
    }
