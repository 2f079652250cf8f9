"""An account of DigitalOcean has a registry, logins to it, and the cluster of staging."""

from __future__ import annotations

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from tests.delivery.registry_account import RegistryAccount


class DigitalOceanAccount(RegistryAccount):
    """The API, which allows every token everything.

    Attributes:
        registry: the fake registry that it lists.
        kubeconfig: of the cluster; None: the API gives none.
        gives_logins: whether it gives a login to the registry.
    """

    def __init__(self, registry):
        super().__init__()
        self.registry = registry
        self.kubeconfig = None
        self.gives_logins = False

    def login(self):
        return (self.registry.host, "user", "password") if self.gives_logins else None

    def list_manifests(self):
        names = [name.removeprefix("acme/backend:") for name in self.registry.manifests]
        digests = {name: [] for name in names if name.startswith("sha256:")}
        for tag in set(names) - set(digests):
            digests[self.registry.digest("acme/backend", tag)].append(tag)
        return {digest: tags for digest, tags in digests.items() if digest not in self.deleted}

    def app(self):
        app = super().app()
        methods = ["GET", "POST", "PUT", "DELETE"]
        clusters = "/v2/kubernetes/clusters"
        found = {"kubernetes_clusters": [{"id": "1", "name": "slipway-staging"}]}
        app.routes.append(Route(clusters, lambda _: JSONResponse(found)))
        app.routes.append(Route(f"{clusters}/1/kubeconfig", lambda _: PlainTextResponse(self.kubeconfig)))
        app.routes.append(Route("/{path:path}", lambda _: JSONResponse({"id": "x"}, 404), methods=methods))
        return app
