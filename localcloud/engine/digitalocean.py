"""DigitalOcean resources, through the API as the real provider calls it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import yaml

from localcloud.engine.change import Change, EngineError, Outcome
from localcloud.engine.spelling import camel, respell, snake

WAIT_SECONDS = 120.0
DEFAULT_POOL_TAG = "terraform:default-node-pool"  # how the provider finds a cluster's own pool again
NO_CLUSTER = "not made yet"  # the kubeconfig of a cluster that a preview would make
REGISTRY_HOST = "registry.digitalocean.com"  # the provider has it fixed, too

Inputs = dict[str, Any]


@dataclass(frozen=True)
class DigitalOcean:
    """The API at `client.base_url`; with `dry_run` nothing is changed."""

    client: httpx.Client
    dry_run: bool

    def resource(self, kind: str, inputs: Inputs) -> Outcome:
        """Have a resource of Pulumi type `digitalocean:index/…:<kind>` as its inputs say.

        Raises:
            EngineError: the type is not known here, or the API refused.
        """
        makers: dict[str, Callable[[Inputs], Outcome]] = {
            "Vpc": self._vpc,
            "ContainerRegistry": self._registry,
            "KubernetesCluster": self._cluster,
            "KubernetesNodePool": self._node_pool,
            "Project": self._project,
            "ProjectResources": self._project_resources,
        }
        if kind not in makers:
            raise EngineError(f"digitalocean {kind}: not known to the in-process engine; use the Pulumi CLI")
        return makers[kind](inputs)

    def _vpc(self, inputs: Inputs) -> Outcome:
        found = self._named("/v2/vpcs", "vpcs", inputs["name"])
        vpc, change = self._have(found, "/v2/vpcs", "vpc", inputs, updatable=("name", "description"))
        identity = str(vpc.get("id", "")) or "preview"
        return Outcome(identity, {**inputs, **respell(vpc, camel), "vpcUrn": f"do:vpc:{identity}"}, change)

    def _registry(self, inputs: Inputs) -> Outcome:
        reply = self._get(f"/v2/registries/{inputs['name']}")
        found = reply["registry"] if reply else None
        registry, change = self._have(found, "/v2/registry", "registry", inputs, updatable=())
        endpoint = f"{REGISTRY_HOST}/{inputs['name']}"
        outputs = {**inputs, **respell(registry, camel), "endpoint": endpoint, "serverUrl": REGISTRY_HOST}
        return Outcome(str(inputs["name"]), outputs, change)

    def _cluster(self, inputs: Inputs) -> Outcome:
        path = "/v2/kubernetes/clusters"
        pool = dict(inputs["nodePool"])
        pool["tags"] = [*pool.get("tags", []), DEFAULT_POOL_TAG]
        body = {key: value for key, value in inputs.items() if key not in {"nodePool", "registryIntegration"}}
        body["nodePools"] = [pool]
        found = self._named(path, "kubernetes_clusters", inputs["name"])
        updatable = ("name", "tags", "auto_upgrade", "ha", "maintenance_policy")
        cluster, change = self._have(found, path, "kubernetes_cluster", body, updatable=updatable)
        if not cluster:
            unknown = {"rawConfig": NO_CLUSTER, "clusterCaCertificate": NO_CLUSTER}
            return Outcome("preview", {**inputs, "endpoint": NO_CLUSTER, "kubeConfigs": [unknown]}, change)
        identity = str(cluster["id"])
        cluster = self._wait(f"{path}/{identity}", "kubernetes_cluster", _is_running)
        if inputs.get("registryIntegration") and change is Change.CREATE:
            self._call("POST", "/v2/kubernetes/registry", {"cluster_uuids": [identity]})
        credentials = self._call("GET", f"{path}/{identity}/credentials")
        outputs = {
            **inputs,
            "endpoint": cluster["endpoint"],
            "clusterUrn": f"do:kubernetes:{identity}",
            "kubeConfigs": [_kube_config(inputs, credentials)],
            "nodePool": {**pool, "id": cluster["node_pools"][0]["id"]},
            "status": cluster["status"]["state"],
        }
        return Outcome(identity, outputs, change)

    def _node_pool(self, inputs: Inputs) -> Outcome:
        path = f"/v2/kubernetes/clusters/{inputs['clusterId']}/node_pools"
        body = {key: value for key, value in inputs.items() if key != "clusterId"}
        body["taints"] = [{key.capitalize(): text for key, text in taint.items()} for taint in body.get("taints", [])]
        if inputs["clusterId"] == "preview":
            return Outcome("preview", inputs, Change.CREATE)
        found = self._named(path, "node_pools", inputs["name"])
        updatable = ("name", "tags", "labels", "auto_scale", "min_nodes", "max_nodes")
        pool, change = self._have(found, path, "node_pool", body, updatable=updatable)
        if not pool:
            return Outcome("preview", inputs, change)
        pool = self._wait(f"{path}/{pool['id']}", "node_pool", _has_its_nodes)
        return Outcome(str(pool["id"]), {**inputs, "actualNodeCount": pool["count"]}, change)

    def _project(self, inputs: Inputs) -> Outcome:
        found = self._named("/v2/projects", "projects", inputs["name"])
        updatable = ("name", "description", "purpose", "environment")
        project, change = self._have(found, "/v2/projects", "project", inputs, updatable=updatable)
        return Outcome(str(project.get("id", "preview")), {**inputs, **respell(project, camel)}, change)

    def _project_resources(self, inputs: Inputs) -> Outcome:
        if inputs["project"] == "preview":
            return Outcome("preview", inputs, Change.CREATE)
        path = f"/v2/projects/{inputs['project']}/resources"
        held = {resource["urn"] for resource in self._call("GET", path)["resources"]}
        if held >= set(inputs["resources"]):
            return Outcome(str(inputs["project"]), inputs, Change.SAME)
        if not self.dry_run:
            self._call("POST", path, {"resources": inputs["resources"]})
        return Outcome(str(inputs["project"]), inputs, Change.UPDATE)

    def _have(
        self, found: dict[str, Any] | None, path: str, key: str, inputs: Inputs, *, updatable: tuple[str, ...]
    ) -> tuple[dict[str, Any], Change]:
        """What the API holds after it was made to hold `inputs`, and what that took."""
        wanted = respell(inputs, snake)
        if found is None:
            reply = {} if self.dry_run else self._call("POST", path, wanted)[key]
            return reply, Change.CREATE
        changed = {
            name: wanted[name] for name in updatable if name in wanted and not _equal(wanted[name], found.get(name))
        }
        if not changed:
            return found, Change.SAME
        if not self.dry_run:
            body = {name: wanted[name] for name in updatable if name in wanted}
            method = "PATCH" if key == "project" else "PUT"
            found = self._call(method, f"{path}/{found['id']}", body)[key]
        return found, Change.UPDATE

    def _named(self, path: str, key: str, name: str) -> dict[str, Any] | None:
        reply = self._call("GET", f"{path}?page=1&per_page=200")
        return next((entry for entry in reply[key] or [] if entry["name"] == name), None)

    def _wait(self, path: str, key: str, ready: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            found: dict[str, Any] = self._call("GET", path)[key]
            if ready(found) or self.dry_run:
                return found
            if time.monotonic() > deadline:
                raise EngineError(f"{key} {found['name']} was not ready within {WAIT_SECONDS:.0f} s: {found}")
            time.sleep(0.1)

    def _get(self, path: str) -> dict[str, Any] | None:
        reply = self.client.get(path)
        return None if reply.status_code == httpx.codes.NOT_FOUND else self._body("GET", path, reply)

    def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        return self._body(method, path, self.client.request(method, path, json=body))

    @staticmethod
    def _body(method: str, path: str, reply: httpx.Response) -> dict[str, Any]:
        if reply.is_error:
            raise EngineError(f"{method} {path}: {reply.status_code} {reply.text}")
        body: dict[str, Any] = reply.json() if reply.content else {}
        return body


def _is_running(cluster: dict[str, Any]) -> bool:
    return bool(cluster["status"]["state"] == "running")


def _has_its_nodes(pool: dict[str, Any]) -> bool:
    states = [node["status"]["state"] for node in pool["nodes"]]
    return len(states) == pool["count"] and set(states) <= {"running"}


def _equal(wanted: Any, found: Any) -> bool:
    """Whether the API holds what is wanted: it adds fields, and tags of its own, that nobody asked for."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(_equal(value, found.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return all(entry in found for entry in wanted)
    return bool(wanted == found)


def _kube_config(inputs: Inputs, credentials: dict[str, Any]) -> dict[str, Any]:
    """The provider's `kubeConfigs[0]`, with the names it gives the cluster, the context and the user."""
    name = f"do-{inputs['region']}-{inputs['name']}"
    user = {"token": credentials.get("token") or None}
    for part in ("client_certificate_data", "client_key_data"):
        if credentials.get(part):
            user[part.replace("_", "-")] = credentials[part]
    cluster = {
        "server": credentials["server"],
        "certificate-authority-data": credentials["certificate_authority_data"],
    }
    raw = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": cluster}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-admin"}}],
        "users": [{"name": f"{name}-admin", "user": {key: text for key, text in user.items() if text}}],
    }
    return {
        "host": credentials["server"],
        "clusterCaCertificate": credentials["certificate_authority_data"],
        "rawConfig": yaml.safe_dump(raw),
        "token": credentials.get("token") or "",
        "expiresAt": credentials.get("expires_at") or "",
    }
