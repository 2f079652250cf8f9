"""The versions of Kubernetes that are offered, and which of them retire."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request

from localcloud.api import catalogue, kubernetes_versions
from localcloud.api.account import Account
from localcloud.api.replies import ApiError, json_body

SLUG = re.compile(r"\d+\.\d+\.\d+-do\.\d+")


def router(account: Account) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/v2/kubernetes/options")
    async def options() -> dict[str, Any]:
        versions = [kubernetes_versions.description(slug) for slug in kubernetes_versions.published(account)]
        regions = [{"slug": slug, "name": name} for slug, name in catalogue.REGIONS.items()]
        sizes = [{"slug": slug, "name": slug} for slug in sorted(catalogue.node_sizes())]
        return {"options": {"versions": versions, "regions": regions, "sizes": sizes}}

    @routes.get("/_emulator/versions")
    async def read() -> dict[str, Any]:
        return {"versions": kubernetes_versions.published(account)}

    @routes.put("/_emulator/versions")
    async def publish(request: Request) -> dict[str, Any]:
        """Publish other versions, as DigitalOcean does every few weeks; those that are left out have retired."""
        versions = (await json_body(request)).get("versions") or []
        if not versions or not all(SLUG.fullmatch(str(slug)) for slug in versions):
            raise ApiError(422, "versions: write a list of slugs such as 1.34.4-do.0")
        newest_first = sorted(versions, key=kubernetes_versions.number, reverse=True)
        account.store.put(kubernetes_versions.KIND, kubernetes_versions.KIND, {"versions": newest_first})
        return {"versions": newest_first}

    @routes.delete("/_emulator/versions")
    async def forget() -> dict[str, Any]:
        account.store.remove(kubernetes_versions.KIND, kubernetes_versions.KIND)
        return {"versions": kubernetes_versions.published(account)}

    return routes
