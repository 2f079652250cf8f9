"""The Kubernetes API as far as Slipway asks it."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from delivery.cluster import StackCluster
from tests.delivery.served import served


@dataclass
class FakeCluster:
    """The Kubernetes API's lists, by plural; and what kubectl prints.

    Attributes:
        metrics: what `pod:port` answers to `/metrics`, as a function.
        user: who asks, as the API server has it.
        writers: how many others write an object right before the next one who does.
    """

    objects: dict = field(default_factory=lambda: defaultdict(list))
    writers: int = 0
    user: str = "ada@example.com"
    metrics: dict = field(default_factory=dict)
    logs: dict = field(default_factory=dict)
    status: int = 0

    def add_pod(
        self,
        name,
        service="backend",
        release="a" * 40,
        *,
        digest="sha256:1",
        started="2026-11-26T10:00:00Z",
        **status,
    ):
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
        port = {"name": "http", "containerPort": 8000}
        spec = {"containers": [{"name": service, "image": f"r/{service}@{digest}", "ports": [port]}]}
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

    def add_maintenance(self, service, message, since="2026-11-26T10:00:00Z"):
        labels = {"app.kubernetes.io/component": "maintenance", "app.kubernetes.io/managed-by": "slipway"}
        annotations = {"slipway/message": message}
        metadata = {"name": f"{service}-maintenance", "labels": labels, "annotations": annotations}
        self.objects["configmaps"].append({"metadata": {**metadata, "creationTimestamp": since}})

    def app(self):
        def answer(request):
            wanted = request.query_params.get("labelSelector", "")
            items = [each for each in self.objects[request.path_params["plural"]] if _has_labels(each, wanted)]
            return JSONResponse({"metadata": {}, "items": items})

        path = "/{group:path}/namespaces/todo-app/{plural}"
        return Starlette(
            routes=[
                Route("/api/v1/{plural}", answer),
                Route("/api/v1/namespaces/{name}", self._delete_namespace, methods=["DELETE"]),
                Route("/apis/authentication.k8s.io/v1/selfsubjectreviews", self._review, methods=["POST"]),
                Route(f"{path}/{{name}}/proxy/metrics", self._read_metrics),
                Route("/api/v1/{plural}", answer),
                Route(path, answer),
                Route(path, self._create, methods=["POST"]),
                Route(f"{path}/{{name}}", self._read),
                Route(f"{path}/{{name}}", self._replace, methods=["PUT"]),
            ]
        )

    async def _review(self, request):
        return JSONResponse({**await request.json(), "status": {"userInfo": {"username": self.user}}}, 201)

    def _read_metrics(self, request):
        answer = self.metrics.get(request.path_params["name"])
        return PlainTextResponse(answer()) if answer else _refuse(503, "no endpoints available")

    async def _create(self, request):
        content = await request.json()
        self.add(request.path_params["plural"], content["metadata"]["name"], data=content["data"])
        return JSONResponse(content, 201)

    def _delete_namespace(self, request):
        """With it go the volumes that its claims had."""
        name, volumes = request.path_params["name"], self.objects["persistentvolumes"]
        if name not in {each["metadata"]["name"] for each in self.objects["namespaces"]}:
            return _refuse(404, "not found")
        self.objects["namespaces"] = [each for each in self.objects["namespaces"] if each["metadata"]["name"] != name]
        self.objects["persistentvolumes"] = [
            each for each in volumes if each["spec"]["claimRef"]["namespace"] != name
        ]
        return JSONResponse({})

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


def _has_labels(item, selector):
    labels = item["metadata"].get("labels") or {}
    wanted = (each.partition("=") for each in selector.split(",") if "=" in each)
    return all(name not in labels or labels[name] == value for name, _, value in wanted)


def _refuse(code, message):
    return JSONResponse({"kind": "Status", "status": "Failure", "code": code, "message": message}, code)


@contextmanager
def opened(fake):
    """The cluster as Slipway sees it."""
    with served(fake.app()) as url:
        entries = {"clusters": [{"name": "c", "cluster": {"server": url}}], "users": [{"name": "u", "user": {}}]}
        contexts = [{"name": "x", "context": {"cluster": "c", "user": "u"}}]
        kubeconfig = json.dumps({**entries, "contexts": contexts, "current-context": "x"})
        with StackCluster("local", kubeconfig, "todo-app") as cluster:
            yield cluster
