"""The container registry of the account: its name, its subscription and its logins."""

from __future__ import annotations

import base64
import re
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from localcloud.api import catalogue
from localcloud.api.account import Account
from localcloud.api.backends import BackendError
from localcloud.api.replies import ApiError, json_body, new_id, not_found, now, require_fields
from localcloud.api.store import Document, Store

KIND = "registry"
HOST = "registry.digitalocean.com"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
SUBSCRIPTION = "subscription"
STORAGE = "registry_storage"


def router(account: Account) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    _subscriptions(routes, account)
    _storage(routes, account)
    _registries(routes, account)
    _logins(routes, account)
    return routes


def get_registry(store: Store, name: str) -> Document:
    """The registry of that name.

    Raises:
        ApiError: 404.
    """
    held = store.get(KIND, name)
    if held is None:
        raise not_found()
    return held


def _subscriptions(routes: APIRouter, account: Account) -> None:
    store = account.store

    @routes.get("/v2/registries/subscription")
    @routes.get("/v2/registry/subscription")
    async def subscription() -> dict[str, Any]:
        return {SUBSCRIPTION: _subscription(store)}

    @routes.post("/v2/registries/subscription")
    @routes.post("/v2/registry/subscription")
    async def subscribe(request: Request) -> dict[str, Any]:
        _subscribe(store, (await json_body(request))["tier_slug"])
        await _limit(account)
        return {SUBSCRIPTION: _subscription(store)}

    @routes.get("/v2/registries/options")
    @routes.get("/v2/registry/options")
    async def options() -> dict[str, Any]:
        tiers = [catalogue.tier(slug) for slug in catalogue.TIERS]
        return {"options": {"available_regions": list(catalogue.REGIONS), "subscription_tiers": tiers}}

    @routes.post("/v2/registries/validate-name", status_code=204)
    @routes.post("/v2/registry/validate-name", status_code=204)
    async def validate(request: Request) -> Response:
        name = (await json_body(request))["name"]
        _check_name(name)
        if store.get(KIND, name):
            raise ApiError(409, "name already exists")
        return Response(status_code=204)


def _storage(routes: APIRouter, account: Account) -> None:
    """A control route: how many bytes a tier has, instead of the published number; pushes beyond are refused."""

    @routes.put("/_emulator/registry-storage/{tier}")
    async def update(tier: str, request: Request) -> dict[str, Any]:
        size = (await json_body(request)).get("bytes")
        if tier not in catalogue.TIERS or type(size) is not int or size < 0:
            raise ApiError(
                422, f"{tier}: {size!r} bytes; tiers are {', '.join(catalogue.TIERS)}, bytes a whole number"
            )
        account.store.put(STORAGE, tier, {"bytes": size})
        await _limit(account)
        return {"bytes": size}

    @routes.delete("/_emulator/registry-storage/{tier}", status_code=204)
    async def forget(tier: str) -> Response:
        account.store.remove(STORAGE, tier)
        await _limit(account)
        return Response(status_code=204)


def _registries(routes: APIRouter, account: Account) -> None:
    store = account.store

    @routes.post("/v2/registry", status_code=201)
    @routes.post("/v2/registries", status_code=201)
    async def create(request: Request) -> dict[str, Any]:
        body = await json_body(request)
        made = _create(store, body)
        if account.backends.registry_logins is not None:
            try:
                await run_in_threadpool(account.backends.registry_logins.create, made["name"])
            except BackendError as error:
                store.remove(KIND, made["name"])
                raise ApiError(500, f"Server Error: {error}") from error
        await _limit(account)
        return {"registry": {**made, SUBSCRIPTION: _subscription(store)}}

    @routes.get("/v2/registry")
    async def only() -> dict[str, Any]:
        held = store.all(KIND)
        if not held:
            raise not_found()
        return {"registry": _shown(account, held[0])}

    @routes.get("/v2/registries")
    async def index() -> dict[str, Any]:
        return {"registries": [_shown(account, held) for held in store.all(KIND)]}

    @routes.get("/v2/registries/{name}")
    async def read(name: str) -> dict[str, Any]:
        return {"registry": _shown(account, get_registry(store, name))}

    @routes.delete("/v2/registries/{name}", status_code=204)
    async def delete(name: str) -> Response:
        get_registry(store, name)
        store.remove(KIND, name)
        if account.backends.registry_logins is not None:
            await run_in_threadpool(account.backends.registry_logins.delete, name)
        return Response(status_code=204)

    @routes.delete("/v2/registry", status_code=204)
    async def delete_only() -> Response:
        held = store.all(KIND)
        return await delete(held[0]["name"] if held else "")


def _logins(routes: APIRouter, account: Account) -> None:
    async def login(name: str, *, write: bool, seconds: int | None) -> dict[str, Any]:
        get_registry(account.store, name)
        logins = account.backends.registry_logins
        if logins is None:
            # Tokens of the real API are made anew for each call, and say nothing of what they may do.
            user, password = "local@example.com", f"dop_v1_{'rw' if write else 'r'}{new_id().replace('-', '')}"
        else:
            user, password = await run_in_threadpool(lambda: logins.issue(write=write, seconds=seconds))
        auth = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {"auths": {HOST if logins is None else logins.host: {"auth": auth}}}

    @routes.get("/v2/registries/{name}/docker-credentials")
    async def credentials(name: str, read_write: bool = False, expiry_seconds: int | None = None) -> dict[str, Any]:
        return await login(name, write=read_write, seconds=expiry_seconds or None)

    @routes.get("/v2/registry/docker-credentials")
    async def only(read_write: bool = False, expiry_seconds: int | None = None) -> dict[str, Any]:
        held = account.store.all(KIND)
        return await login(held[0]["name"] if held else "", write=read_write, seconds=expiry_seconds or None)


def _create(store: Store, body: Document) -> Document:
    require_fields(body, "name", "subscription_tier_slug")
    _check_name(body["name"])
    if (body.get("region") or "fra1") not in catalogue.REGIONS:
        raise ApiError(422, f"invalid region: {body['region']}")
    with store.lock():
        held = store.all(KIND)
        if held and len(held) >= catalogue.registries(_subscription(store)["tier"]["slug"]):
            raise ApiError(422, "user already has a registry")
        if any(registry["name"] == body["name"] for registry in held):
            raise ApiError(409, "name already exists")
        _subscribe(store, body["subscription_tier_slug"])
        made = {
            "name": body["name"],
            "region": body.get("region") or "fra1",
            "created_at": now(),
            "storage_usage_bytes": 0,
            "storage_usage_bytes_updated_at": now(),
        }
        return store.put(KIND, body["name"], made)


async def _limit(account: Account) -> None:
    """Have the registry refuse what is beyond the subscription."""
    logins = account.backends.registry_logins
    if logins is None:
        return
    tier = _subscription(account.store)["tier"]
    held = account.store.get(STORAGE, tier["slug"])
    included = None if tier["allow_storage_overage"] else tier["included_storage_bytes"]
    storage = held["bytes"] if held else included
    await run_in_threadpool(lambda: logins.limit(storage=storage, repositories=tier["included_repositories"] or None))


def _shown(account: Account, held: Document) -> Document:
    """A registry with what its images take now."""
    logins = account.backends.registry_logins
    usage = {} if logins is None else {"storage_usage_bytes": logins.usage()}
    return {**held, **usage, SUBSCRIPTION: _subscription(account.store)}


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise ApiError(422, "invalid name: use up to 63 lower-case letters, digits and hyphens")


def _subscribe(store: Store, slug: str) -> None:
    if slug not in catalogue.TIERS:
        raise ApiError(422, f"invalid subscription tier: {slug}")
    store.put(SUBSCRIPTION, "it", {"tier_slug": slug, "at": now()})


def _subscription(store: Store) -> Document:
    held = store.get(SUBSCRIPTION, "it") or {"tier_slug": "starter", "at": now()}
    return {"tier": catalogue.tier(held["tier_slug"]), "created_at": held["at"], "updated_at": held["at"]}
