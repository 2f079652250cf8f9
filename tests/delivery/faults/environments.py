"""What the commands of `slipway preview-environment` ask beside the rest: a Docker Engine, and staging's cluster."""

from __future__ import annotations

import json
from dataclasses import dataclass

import yaml
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.delivery.docker_engine import DockerEngine
from tests.delivery.registry_server import Registry

NUMBER, OTHER = 7, 8  # pull requests: the first is closed in the world of `leave_environments`
STAGING = "Pulumi.staging.yaml"
LABEL = "slipway/stack"
CREATED = "2026-11-20T07:00:00Z"


@dataclass
class PushingEngine(DockerEngine):
    """Looks tags up in a registry, loads images from files, and pushes them."""

    holds: Registry | None = None

    def app(self):
        app, api = super().app(), "/v{version}"
        app.routes[:0] = [
            Route(f"{api}/distribution/{{name:path}}/json", self._look_up),
            Route(f"{api}/images/load", self._load, methods=["POST"]),
            Route(f"{api}/images/{{name:path}}/tag", lambda _: JSONResponse({}, 201), methods=["POST"]),
            Route(f"{api}/images/{{name:path}}/push", self._push, methods=["POST"]),
        ]
        return app

    def _look_up(self, request):
        name, _, tag = request.path_params["name"].partition("/")[2].partition(":")
        if f"{name}:{tag}" not in self.holds.manifests:
            return JSONResponse({"message": "manifest unknown"}, 404)
        return JSONResponse({"Descriptor": {"digest": self.holds.digest(name, tag)}, "Platforms": []})

    def _load(self, _):
        self.images.add("slipway-preview/backend:x")
        return JSONResponse({"stream": "Loaded image: slipway-preview/backend:x\n"})

    def _push(self, request):
        name = request.path_params["name"].partition("/")[2]
        self.holds.push(name, request.query_params["tag"])
        return JSONResponse({"status": "Pushed"})


def make_kubeconfig(url):
    """The text of a kubeconfig for a cluster at a URL."""
    entries = {"clusters": [{"name": "c", "cluster": {"server": url}}], "users": [{"name": "u", "user": {}}]}
    contexts = [{"name": "x", "context": {"cluster": "c", "user": "u"}}]
    return json.dumps({**entries, "contexts": contexts, "current-context": "x"})


def add_environment(faulty, number):
    """What an environment consists of: stack, namespace, volume and image."""
    name, sha = f"pr-{number}", faulty.world.checkout.releases[3]
    faulty.world.change(
        stacks={**faulty.world["stacks"], name: {"history": [], "outputs": faulty.world.outputs(sha)}}
    )
    metadata = {"name": name, "labels": {LABEL: name}, "creationTimestamp": CREATED}
    faulty.cluster.objects["namespaces"].append({"metadata": metadata})
    volume = {"metadata": {"name": f"pvc-{number}"}, "spec": {"claimRef": {"namespace": name, "name": "data"}}}
    faulty.cluster.objects["persistentvolumes"].append(volume)
    faulty.world.registry.push("acme/backend", f"{name}-{sha[:12]}")


def allow_environments(faulty):
    """Staging's cluster takes environments; a pull request has changed the backend, and its image is built."""
    checkout = faulty.world.checkout
    file = checkout.folder / STAGING
    content = yaml.safe_load(file.read_text())
    content["config"]["slipway:previewEnvironments"] = {}
    file.write_text(yaml.safe_dump(content))
    sha = checkout.commit("a pull request")
    checkout.git("tag", "--force", "pull-request")
    faulty.world.change(releases={**faulty.world["releases"], sha: faulty.world.outputs(sha)})
    del faulty.world.registry.manifests[f"acme/backend:{sha[:12]}"]
    (faulty.folder / "images").mkdir()
    (faulty.folder / "images/backend.tar").write_text("an image")
    faulty.account.kubeconfig = make_kubeconfig(faulty.cluster.url)
    faulty.account.gives_logins = True


def leave_environments(faulty):
    """Two pull requests have an environment, and one of them is closed."""
    allow_environments(faulty)
    for number, state in ((NUMBER, "closed"), (OTHER, "open")):
        add_environment(faulty, number)
        faulty.github.add_pull(number, state=state)


def save_comments(faulty):
    """The sweep has removed an environment, and saved the comment for its pull request."""
    faulty.github.add_pull(NUMBER, state="closed")
    folder = faulty.folder / f"comments/{NUMBER}"
    folder.mkdir(parents=True)
    (folder / "comment.md").write_text("removed")
