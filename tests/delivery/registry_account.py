"""DigitalOcean's registry API as far as it is asked: repositories, digests, logins, deletion, garbage collection."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

BASE = "/v2/registries/acme"


class RegistryAccount:
    """An account with a registry `acme` that has one repository, `backend`.

    Attributes:
        ages: days since a manifest was pushed, by digest; 90 for every other.
        deleted: digests, in that order.
        collections: how many garbage collections were begun.
        asked: how often the state of one was.
    """

    def __init__(self):
        self.ages = {}
        self.deleted = []
        self.collections = 0
        self.asked = 0

    def list_manifests(self):
        """The tags of each manifest by digest."""
        raise NotImplementedError

    def delete(self, digest):
        """Delete a manifest."""

    def collect_garbage(self):
        """Delete what no manifest names."""

    def login(self):
        """`(host, user, password)`; None: the account gives none."""
        return

    def app(self):
        repositories = JSONResponse({"repositories": [{"name": "backend"}], "links": {}})
        return Starlette(
            routes=[
                Route(f"{BASE}/repositoriesV2", lambda _: repositories),
                Route(f"{BASE}/repositories/backend/digests", self._list),
                Route(f"{BASE}/repositories/backend/digests/{{digest}}", self._delete, methods=["DELETE"]),
                Route(f"{BASE}/garbage-collection", self._collect, methods=["GET", "POST"]),
                Route(f"{BASE}/docker-credentials", self._login),
            ]
        )

    def _list(self, _):
        now = datetime.now(UTC)
        entries = [
            {
                "digest": digest,
                "tags": tags,
                "updated_at": (now - timedelta(days=self.ages.get(digest, 90))).isoformat(),
                "size_bytes": 2**20,
            }
            for digest, tags in self.list_manifests().items()
        ]
        return JSONResponse({"manifests": entries})

    def _delete(self, request):
        digest = request.path_params["digest"]
        self.deleted.append(digest)
        self.delete(digest)
        return Response(status_code=204)

    def _collect(self, request):
        """Two answers that it is at work, then the end."""
        if request.method == "POST":
            self.collections += 1
            self.collect_garbage()
            return JSONResponse({"garbage_collection": {"status": "requested"}}, 201)
        self.asked += 1
        if self.asked > 3:
            return JSONResponse({"id": "not_found"}, 404)
        return JSONResponse({"garbage_collection": {"status": "deleting unreferenced blobs"}})

    def _login(self, _):
        if (login := self.login()) is None:
            return JSONResponse({"id": "not_found"}, 404)
        host, user, password = login
        auth = base64.b64encode(f"{user}:{password}".encode()).decode()
        return JSONResponse({"auths": {host: {"auth": auth}}})
