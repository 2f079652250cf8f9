from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from operations.cluster import StackCluster
from tests.delivery.served import end_all, served

# What `kubectl logs POD --container NAME …` prints is in a file by these names; anything else is an error.
KUBECTL = """
import json, os, sys
world = json.load(open(os.environ["FAKE_KUBECTL"]))
words = sys.argv[3:]
if words[0] == "exec":
    print(json.dumps(words))
    sys.exit(world["status"])
key = "/".join([words[1], words[3]] + (["previous"] if "--previous" in words else []))
if key not in world["logs"]:
    sys.exit(f"Error from server (BadRequest): container {key} is waiting to start")
print(world["logs"][key], end="")
"""


@dataclass
class FakeCluster:
    """The Kubernetes API's lists, by plural; and what kubectl prints.

    Attributes:
        writers: how many others write an object right before the next one who does.
    """

    objects: dict = field(default_factory=lambda: defaultdict(list))
    writers: int = 0
    logs: dict = field(default_factory=dict)
    status: int = 0

    def add_pod(self, name, service="backend", release="a" * 40, *, started="2026-11-26T10:00:00Z", **status):
        labels = {
            "app.kubernetes.io/name": service,
            "app.kubernetes.io/version": release,
            "app.kubernetes.io/managed-by": "Helm",
            "slipway/stack": "local",
        }
        container = {"name": service, "ready": True, "restartCount": 0, "image": "", "imageID": ""}
        own = {
            "phase": "Running",
            "startTime": started,
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{**container, "state": {"running": {"startedAt": started}}, **status}],
        }
        spec = {"containers": [{"name": service}]}
        self.objects["pods"].append({"metadata": {"name": name, "labels": labels}, "spec": spec, "status": own})

    def add(self, plural, name, **content):
        metadata = {"name": name, "namespace": "todo-app", "resourceVersion": "1"}
        self.objects[plural].append({"metadata": metadata, **content})

    def add_deployment(
        self, service="backend", release="a" * 40, *, wanted=1, ready=1, container=MappingProxyType({})
    ):
        labels = {"app.kubernetes.io/name": service, "app.kubernetes.io/version": release}
        template = {"spec": {"containers": [{"name": service, **container}]}}
        spec = {"replicas": wanted, "selector": {}, "template": template}
        metadata = {"name": service, "labels": labels}
        self.objects["deployments"].append({"metadata": metadata, "spec": spec, "status": {"readyReplicas": ready}})

    def app(self):
        def answer(request):
            return JSONResponse({"metadata": {}, "items": self.objects[request.path_params["plural"]]})

        path = "/{group:path}/namespaces/todo-app/{plural}"
        return Starlette(
            routes=[
                Route(path, answer),
                Route(path, self._create, methods=["POST"]),
                Route(f"{path}/{{name}}", self._read),
                Route(f"{path}/{{name}}", self._replace, methods=["PUT"]),
            ]
        )

    async def _create(self, request):
        content = await request.json()
        self.add(request.path_params["plural"], content["metadata"]["name"], data=content["data"])
        return JSONResponse(content, 201)

    def _find(self, request):
        entries = self.objects[request.path_params["plural"]]
        return next((each for each in entries if each["metadata"]["name"] == request.path_params["name"]), None)

    def _read(self, request):
        found = self._find(request)
        return JSONResponse(found) if found else _refuse(404, "not found")

    async def _replace(self, request):
        content, held = await request.json(), self._find(request)
        if self.writers:
            self.writers -= 1
            held["metadata"]["resourceVersion"] += "1"
        if content["metadata"]["resourceVersion"] != held["metadata"]["resourceVersion"]:
            return _refuse(409, "the object has been modified")
        held["data"] = content["data"]
        held["metadata"]["resourceVersion"] += "1"
        return JSONResponse(held)


def _refuse(code, message):
    return JSONResponse({"kind": "Status", "status": "Failure", "code": code, "message": message}, code)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    made = FakeCluster()
    script, world, program = tmp_path / "kubectl.py", tmp_path / "kubectl.json", tmp_path / "bin/kubectl"
    program.parent.mkdir()
    script.write_text(KUBECTL)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {script} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setenv("FAKE_KUBECTL", str(world))
    made.write = lambda: world.write_text(json.dumps({"logs": made.logs, "status": made.status}))
    return made


@pytest.fixture
def cluster(fake):
    with served(fake.app()) as url:
        entries = {"clusters": [{"name": "c", "cluster": {"server": url}}], "users": [{"name": "u", "user": {}}]}
        contexts = [{"name": "x", "context": {"cluster": "c", "user": "u"}}]
        kubeconfig = json.dumps({**entries, "contexts": contexts, "current-context": "x"})
        with StackCluster("local", kubeconfig, "todo-app") as opened:
            yield opened


@pytest.fixture(scope="session", autouse=True)
def servers():
    yield
    end_all()
