"""The container registry: what DigitalOcean knows of it here, what it holds from the real registry beside us."""

from __future__ import annotations

import base64
from typing import Any

import httpx
from fastapi import APIRouter, Request, Response

from localcloud.api import catalogue
from localcloud.api.replies import ApiError, json_body, new_id, not_found, now, page, require_fields
from localcloud.api.store import Document, Store

KIND = "registry"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
HOST = "registry.digitalocean.com"


def router(store: Store, registry: str) -> APIRouter:
    """The routes; `registry` is the URL of the OCI registry that holds the images."""
    routes = APIRouter()
    _account(routes, store)
    _registries(routes, store)
    _contents(routes, store, registry)
    return routes


def _account(routes: APIRouter, store: Store) -> None:
    @routes.get("/v2/registries/subscription")
    @routes.get("/v2/registry/subscription")
    async def subscription() -> dict[str, Any]:
        return {"subscription": _subscription(store)}

    @routes.post("/v2/registries/subscription")
    @routes.post("/v2/registry/subscription")
    async def subscribe(request: Request) -> dict[str, Any]:
        slug = str((await json_body(request)).get("tier_slug"))
        if slug not in catalogue.TIERS:
            raise ApiError(422, f"invalid tier: {slug}")
        store.put("subscription", "it", {"tier_slug": slug, "at": now()})
        return {"subscription": _subscription(store)}

    @routes.get("/v2/registries/options")
    @routes.get("/v2/registry/options")
    async def options() -> dict[str, Any]:
        tiers = [catalogue.tier(slug) for slug in catalogue.TIERS]
        return {"options": {"available_regions": list(catalogue.REGIONS), "subscription_tiers": tiers}}


def _registries(routes: APIRouter, store: Store) -> None:
    @routes.post("/v2/registry", status_code=201)
    @routes.post("/v2/registries", status_code=201)
    async def create(request: Request) -> dict[str, Any]:
        body = await json_body(request)
        require_fields(body, "name", "subscription_tier_slug")
        if body["subscription_tier_slug"] not in catalogue.TIERS:
            raise ApiError(422, f"invalid tier: {body['subscription_tier_slug']}")
        with store.lock():
            held = store.all(KIND)
            if held and len(held) >= catalogue.registries(_subscription(store)["tier"]["slug"]):
                raise ApiError(422, "user already has a registry")
            if any(registry["name"] == body["name"] for registry in held):
                raise ApiError(409, "name already exists")
            store.put("subscription", "it", {"tier_slug": body["subscription_tier_slug"], "at": now()})
            made = {
                "name": body["name"],
                "region": body.get("region") or "fra1",
                "created_at": now(),
                "storage_usage_bytes": 0,
                "storage_usage_bytes_updated_at": now(),
            }
            return {"registry": {**store.put(KIND, body["name"], made), "subscription": _subscription(store)}}

    @routes.get("/v2/registry")
    async def only() -> dict[str, Any]:
        held = store.all(KIND)
        if not held:
            raise not_found()
        return {"registry": {**held[0], "subscription": _subscription(store)}}

    @routes.get("/v2/registries")
    async def index() -> dict[str, Any]:
        return {"registries": store.all(KIND)}

    @routes.get("/v2/registries/{name}")
    async def read(name: str) -> dict[str, Any]:
        return {"registry": _found(store, name)}

    @routes.delete("/v2/registries/{name}", status_code=204)
    async def delete(name: str) -> Response:
        _found(store, name)
        store.remove(KIND, name)
        return Response(status_code=204)

    @routes.get("/v2/registries/{name}/docker-credentials")
    async def credentials(name: str, read_write: bool = False) -> dict[str, Any]:
        _found(store, name)
        # Tokens of the real API are made anew for each call, and say nothing of what they may do.
        secret = f"dop_v1_{'rw' if read_write else 'r'}{new_id().replace('-', '')}"
        auth = base64.b64encode(f"local@example.com:{secret}".encode()).decode()
        return {"auths": {HOST: {"auth": auth}}}


def _contents(routes: APIRouter, store: Store, registry: str) -> None:
    @routes.get("/v2/registries/{name}/repositoriesV2")
    @routes.get("/v2/registry/{name}/repositoriesV2")
    async def repositories(name: str, request: Request) -> dict[str, Any]:
        _found(store, name)
        async with httpx.AsyncClient(base_url=registry) as client:
            listed = (await client.get("/v2/_catalog")).json().get("repositories") or []
        mine = [each.removeprefix(f"{name}/") for each in listed if each.startswith(f"{name}/")]
        return page(request, "repositories", [{"registry_name": name, "name": each} for each in mine])

    @routes.get("/v2/registries/{name}/repositories/{repository:path}/tags")
    @routes.get("/v2/registry/{name}/repositories/{repository:path}/tags")
    async def tags(name: str, repository: str, request: Request) -> dict[str, Any]:
        _found(store, name)
        async with httpx.AsyncClient(base_url=registry) as client:
            listed = await client.get(f"/v2/{name}/{repository}/tags/list")
            if listed.status_code == httpx.codes.NOT_FOUND:
                raise not_found()
            found = [await _tag(client, name, repository, tag) for tag in sorted(listed.json()["tags"] or [])]
        return page(request, "tags", found)

    @routes.delete("/v2/registries/{name}/repositories/{repository:path}/digests/{digest}", status_code=204)
    @routes.delete("/v2/registry/{name}/repositories/{repository:path}/digests/{digest}", status_code=204)
    async def delete(name: str, repository: str, digest: str) -> Response:
        _found(store, name)
        async with httpx.AsyncClient(base_url=registry) as client:
            done = await client.delete(f"/v2/{name}/{repository}/manifests/{digest}")
        if done.is_error:
            raise not_found()
        return Response(status_code=204)


async def _tag(client: httpx.AsyncClient, name: str, repository: str, tag: str) -> dict[str, Any]:
    reply = await client.head(f"/v2/{name}/{repository}/manifests/{tag}", headers={"Accept": MANIFEST})
    return {
        "registry_name": name,
        "repository": repository,
        "tag": tag,
        "manifest_digest": reply.headers.get("docker-content-digest", ""),
        "compressed_size_bytes": 0,
        "size_bytes": 0,
        "updated_at": now(),
    }


def _subscription(store: Store) -> Document:
    held = store.get("subscription", "it") or {"tier_slug": "starter", "at": now()}
    return {"tier": catalogue.tier(held["tier_slug"]), "created_at": held["at"], "updated_at": held["at"]}


def _found(store: Store, name: str) -> Document:
    held = store.get(KIND, name)
    if held is None:
        raise not_found()
    return held
