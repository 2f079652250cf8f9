"""The Kubernetes API as far as Slipway asks it."""

from __future__ import annotations

import base64
import gzip
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


def make_labels(service, release):
    """What the chart labels a service's objects and pods with; tests/helm/test_kinds.py holds the chart to it."""
    own = {"name": service, "version": release, "managed-by": "Helm"}
    return {"slipway/stack": "local"} | {f"app.kubernetes.io/{key}": value for key, value in own.items()}


@dataclass
class FakeCluster:
    """The Kubernetes API's lists, by plural; and what kubectl prints.

    Attributes:
        metrics: what `pod:port` answers to `/metrics`, as a function.
        user: who asks, as the API server has it.
        problems: what kubectl says where it cannot read a log, by the log's name.
        writers: how many others write an object right before the next one who does.
    """

    objects: dict = field(default_factory=lambda: defaultdict(list))
    writers: int = 0
    user: str = "ada@example.com"
    metrics: dict = field(default_factory=dict)
    logs: dict = field(default_factory=dict)
    problems: dict = field(default_factory=dict)
    status: int = 0

    def add_pod(
        self,
        name,
        service="backend",
        release="a" * 40,
        *,
        digest="sha256:1",
        started="2026-11-26T10:00:00Z",
        labels=None,
        **status,
    ):
        container = {"name": service, "ready": True, "restartCount": 0, "image": "", "imageID": ""}
        own = {
            "phase": "Running",
            "startTime": started,
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{**container, "state": {"running": {"startedAt": started}}, **status}],
        }
        port = {"name": "http", "containerPort": 8000}
        spec = {"containers": [{"name": service, "image": f"r/{service}@{digest}", "ports": [port]}]}
        self.objects["pods"].append(
            {
                "metadata": {"name": name, "labels": labels or make_labels(service, release)},
                "spec": spec,
                "status": own,
            }
        )

    def add(self, plural, name, **content):
        metadata = {"name": name, "namespace": "todo-app", "resourceVersion": "1"}
        self.objects[plural].append({"metadata": metadata, **content})

    def add_helm_release(self, name, *hooks):
        """As Helm keeps it; each hook is a Job with its events."""
        kept = [{"kind": "Job", "events": events, "manifest": json.dumps(job)} for job, events in hooks]
        text = gzip.compress(json.dumps({"name": name, "hooks": kept}).encode())
        data = {"release": base64.b64encode(base64.b64encode(text)).decode()}
        metadata = {"name": f"sh.helm.release.v1.{name}.v3", "labels": {"owner": "helm", "status": "deployed"}}
        self.objects["secrets"].append({"metadata": metadata, "data": data})

    def add_deployment(
        self, service="backend", release="a" * 40, *, wanted=1, ready=1, container=MappingProxyType({}), declared=None
    ):
        pod = {"containers": [{"name": service, **container}]}
        template = {"metadata": {"labels": make_labels(service, release)}, "spec": pod}
        spec = {"replicas": wanted, "selector": {}, "template": template}
        metadata = {"name": service, "labels": make_labels(service, release)}
        if declared is not None:
            metadata["annotations"] = {"slipway/replicas": str(declared)}
        self.objects["deployments"].append({"metadata": metadata, "spec": spec, "status": {"readyReplicas": ready}})

    def add_autoscaler(self, service="backend", *, least, declared):
        metadata = {"name": service, "labels": make_labels(service, "a" * 40)}
        target = {"kind": "Deployment", "name": service}
        spec = {"minReplicas": least, "maxReplicas": 10, "scaleTargetRef": target}
        annotations = {"slipway/replicas": str(declared)}
        self.objects["horizontalpodautoscalers"].append(
            {"metadata": {**metadata, "annotations": annotations}, "spec": spec}
        )

    def add_cron(self, service="report", *, succeeded=None, container=MappingProxyType({})):
        metadata = {"name": service, "labels": make_labels(service, "a" * 40)}
        template = {"spec": {"containers": [{"name": service, **container}]}}
        spec = {"schedule": "0 2 * * *", "jobTemplate": {"spec": {"template": template}}}
        status = {"lastSuccessfulTime": succeeded} if succeeded else {}
        self.objects["cronjobs"].append({"metadata": metadata, "spec": spec, "status": status})

    def add_job(self, name, service="backend", *, cron=None, started="2026-11-26T02:00:00Z", end="Failed"):
        metadata = {"name": name, "labels": make_labels(service, "b" * 12)}
        if cron:
            owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": cron, "uid": "1"}
            metadata["ownerReferences"] = [owner]
        reason = {"reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}
        conditions = [{"type": end, "status": "True", **(reason if end == "Failed" else {})}] if end else []
        status = {"startTime": started, "conditions": conditions}
        self.objects["jobs"].append({"metadata": metadata, "spec": {"template": {}}, "status": status})

    def add_database(self, name="postgresql", *, ready=1):
        labels = make_labels(name, "") | {"app.kubernetes.io/component": "database"}
        spec = {"replicas": 1, "selector": {}, "serviceName": name, "template": {}}
        status = {"readyReplicas": ready, "replicas": 1}
        self.objects["statefulsets"].append(
            {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": status}
        )

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
        own = {key: value for key, value in content.items() if key not in {"apiVersion", "kind", "metadata"}}
        self.add(request.path_params["plural"], content["metadata"]["name"], **own)
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
    wanted = (each.partition("=") for each in selector.split(",") if each)
    return all(name in labels and (not equals or labels[name] == value) for name, equals, value in wanted)


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
