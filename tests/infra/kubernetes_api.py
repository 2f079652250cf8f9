"""A Kubernetes API of three kinds, over real HTTP: what helm_history, rollout and cluster_upgrade ask for."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import pytest
import yaml


class KubernetesApi:
    """Serves lists of `objects[plural]`, filtered by labels; forgets what is deleted; answers logs.

    `versions` are its own, one for each time that it is asked, the last for ever; an empty one: it does not answer.
    """

    def __init__(self) -> None:
        self.objects: dict[str, list[dict]] = {"secrets": [], "pods": [], "events": [], "nodes": []}
        self.logs: dict[str, str] = {}
        self.deleted: list[str] = []
        self.authorizations: list[str] = []
        self.refuses = False
        self.versions = ["v1.34.4"]
        self.version_requests = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"api": self}))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def kubeconfig(self) -> str:
        return yaml.safe_dump(
            {
                "current-context": "x",
                "clusters": [{"name": "x", "cluster": {"server": self.address}}],
                "users": [{"name": "x", "user": {"token": ""}}],  # as the DigitalOcean provider writes it
                "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
            }
        )

    def node(self, name: str, version: str) -> None:
        kinds = ("machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "containerRuntimeVersion")
        info = {
            **dict.fromkeys((*kinds, "kubeProxyVersion", "operatingSystem", "architecture"), "x"),
            "kubeletVersion": version,
        }
        self.objects["nodes"].append({"metadata": {"name": name}, "status": {"nodeInfo": info}})

    def revision(self, number: int, status: str, release: str = "backend") -> None:
        labels = {"owner": "helm", "name": release, "status": status, "version": str(number)}
        name = f"sh.helm.release.v1.{release}.v{number}"
        self.objects["secrets"].append({"metadata": {"name": name, "labels": labels}})


class Handler(BaseHTTPRequestHandler):
    """Answers for `api`."""

    api: KubernetesApi

    def do_GET(self):
        self.api.authorizations.append(self.headers["Authorization"])
        if self.api.refuses:
            self.answer(403, '{"kind": "Status", "code": 403, "message": "not yours"}')
            return
        url = urlparse(self.path)
        parts = url.path.strip("/").split("/")
        if parts == ["version"]:
            self.answer_version()
            return
        if parts[-1] == "log":
            text = self.api.logs.get(parts[-2])
            self.answer(200 if text is not None else 400, text or '{"kind":"Status","code":400,"message":"x"}')
            return
        wanted = dict(
            pair.split("=") for pair in parse_qs(url.query).get("labelSelector", [""])[0].split(",") if pair
        )
        found = [
            each
            for each in self.api.objects[parts[-1]]
            if wanted.items() <= each["metadata"].get("labels", {}).items()
        ]
        self.answer(200, json.dumps({"items": found, "metadata": {}}))

    def answer_version(self):
        version = self.api.versions[min(self.api.version_requests, len(self.api.versions) - 1)]
        self.api.version_requests += 1
        self.answer(200 if version else 503, json.dumps({"gitVersion": version}))

    def do_DELETE(self):
        *_, plural, name = urlparse(self.path).path.split("/")
        self.api.deleted.append(name)
        self.api.objects[plural] = [each for each in self.api.objects[plural] if each["metadata"]["name"] != name]
        self.answer(200, "{}")

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def kubernetes():
    api = KubernetesApi()
    yield api
    api.server.shutdown()
    api.server.server_close()
