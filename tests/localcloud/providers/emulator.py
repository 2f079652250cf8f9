"""The emulated API with what it does not have itself yet: load balancers, and minor versions of Kubernetes.

`python -m tests.localcloud.providers.emulator` takes what `python -m localcloud.api` takes.
"""

from __future__ import annotations

import ipaddress
import json
import re
import sys

from fastapi import APIRouter

from localcloud.api import __main__ as command
from localcloud.api import catalogue
from localcloud.api.application import create_application
from localcloud.api.collection import Collection
from localcloud.api.replies import new_id

CLUSTERS = re.compile(r"/v2/kubernetes/clusters(/[^/]+/upgrade)?")
PATH = "/v2/load_balancers"
FIRST = ipaddress.ip_address("192.0.2.10")
HEALTH = {
    "protocol": "http", "port": 80, "path": "/", "check_interval_seconds": 10, "response_timeout_seconds": 5,
    "healthy_threshold": 5, "unhealthy_threshold": 3,
}  # fmt: skip


def _complete(store, body):
    return {
        "id": new_id(),
        "algorithm": "round_robin",
        "type": "REGIONAL",
        "size_unit": {"lb-small": 1, "lb-medium": 3, "lb-large": 6}.get(body.get("size"), 1),
        "health_check": HEALTH,
        "sticky_sessions": {"type": "none"},
        "http_idle_timeout_seconds": 60,
        "vpc_uuid": "5a4981aa-9653-4bd1-bef5-d6bff52042e4",
        "project_id": "4de7ac8b-495b-4884-9a69-1050c6793cd6",
        "droplet_ids": [],
        "ip": str(FIRST + store.next_number("load_balancer")),
        **{key: value for key, value in body.items() if key != "size"},
        "region": {"slug": body.get("region"), "name": "", "sizes": [], "features": [], "available": True},
        "status": "new",
    }


BALANCERS = Collection(
    path=PATH, one="load_balancer", many="load_balancers", needs=("name", "region", "forwarding_rules"),
    complete=_complete, created=202,
)  # fmt: skip


def _routes(store) -> APIRouter:
    routes = APIRouter()

    @routes.get(PATH + "/{identity}")
    async def read(identity: str):
        found = BALANCERS.get(store, identity)
        store.put(BALANCERS.kind, identity, {**found, "status": "active"})  # the first look sees it still being made
        return {"load_balancer": found}

    @routes.put(PATH + "/{identity}")
    async def update(identity: str, sent: dict):
        kept = {key: value for key, value in BALANCERS.get(store, identity).items() if key in {"id", "ip", "status"}}
        return {"load_balancer": store.put(BALANCERS.kind, identity, {**_complete(store, sent), **kept})}

    routes.include_router(BALANCERS.routes(store))
    return routes


class NewestPatch:
    """Asked for a minor version (`1.34`), the API makes a cluster of its newest patch."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["method"] != "POST" or not CLUSTERS.fullmatch(scope["path"]):
            await self.app(scope, receive, send)
            return
        body = json.loads((await receive())["body"])
        slugs = (slug for slug in catalogue.VERSIONS if slug.startswith(f"{body['version']}."))
        text = json.dumps({**body, "version": next(slugs, body["version"])}).encode()
        headers = [one for one in scope["headers"] if one[0] != b"content-length"]

        async def whole():
            return {"type": "http.request", "body": text, "more_body": False}

        await self.app({**scope, "headers": headers}, whole, send)


def create(**options):
    app = create_application(**options)
    app.add_middleware(NewestPatch)
    if not any(getattr(route, "path", "") == PATH for route in app.routes):
        app.include_router(_routes(app.state.store))
    return app


if __name__ == "__main__":
    command.create_application = create
    sys.exit(command.main())
