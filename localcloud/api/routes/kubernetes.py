"""Clusters and their pools. Behind every cluster is the one real cluster of this machine."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import yaml
from fastapi import APIRouter, Request, Response

from localcloud.api import catalogue
from localcloud.api.pools import make_pool, make_pools, pool_of, resize
from localcloud.api.replies import ApiError, json_body, new_id, not_found, now, page, require_fields
from localcloud.api.store import Document, Store

KIND = "kubernetes_cluster"
PATH = "/v2/kubernetes/clusters"
ECHOED = (
    "name", "region", "version", "cluster_subnet", "service_subnet", "auto_upgrade", "surge_upgrade", "tags",
    "control_plane_firewall", "cluster_autoscaler_configuration", "routing_agent", "coredns_autoscaler",
    "amd_gpu_device_plugin", "nvidia_gpu_device_plugin", "rdma_shared_device_plugin", "sso", "isolated_workers",
    "p2p_oci_registry_plugin", "amd_gpu_device_metrics_exporter_plugin", "amd_gpu_dra_driver",
    "nvidia_gpu_dra_driver", "nfs_csi_plugin", "worker_subnet_uuid",
)  # fmt: skip
DEFAULT_EXPIRY = 7 * 24 * 3600  # seconds


def router(store: Store, credentials: Path) -> APIRouter:
    """The routes; `credentials` is a JSON file with the real cluster's server, authority and client pair."""
    routes = APIRouter()
    _clusters(routes, store)
    _actions(routes, store)
    _pools(routes, store)
    _access(routes, store, credentials)
    return routes


def _clusters(routes: APIRouter, store: Store) -> None:
    @routes.post(PATH, status_code=201)
    async def create(request: Request) -> dict[str, Any]:
        return {KIND: _create(store, await json_body(request))}

    @routes.get(PATH)
    async def index(request: Request) -> dict[str, Any]:
        return page(request, "kubernetes_clusters", store.all(KIND))

    @routes.get(PATH + "/{identity}")
    async def read(identity: str) -> dict[str, Any]:
        with store.lock():
            cluster = found(store, identity)
            shown = json.loads(json.dumps(cluster))
            if cluster["status"]["state"] == "provisioning":  # the first look sees it still being made
                cluster["status"] = {"state": "running", "message": ""}
                store.put(KIND, identity, cluster)
        return {KIND: shown}

    @routes.put(PATH + "/{identity}", status_code=202)
    async def update(identity: str, request: Request) -> dict[str, Any]:
        sent = await json_body(request)
        with store.lock():
            cluster = found(store, identity)
            cluster |= {key: value for key, value in sent.items() if _has_value(value)}
            cluster["tags"] = _tags(identity, cluster["tags"])
            cluster["maintenance_policy"] = _maintenance(cluster["maintenance_policy"])
            return {KIND: store.put(KIND, identity, {**cluster, "updated_at": now()})}

    @routes.delete(PATH + "/{identity}", status_code=204)
    async def delete(identity: str) -> Response:
        return _deleted(store, identity)


def _actions(routes: APIRouter, store: Store) -> None:
    @routes.get("/v2/kubernetes/options")
    async def options() -> dict[str, Any]:
        versions = [
            {"slug": slug, "kubernetes_version": slug.partition("-")[0], "supported_features": ["cluster-autoscaler"]}
            for slug in catalogue.VERSIONS
        ]
        regions = [{"slug": slug, "name": name} for slug, name in catalogue.REGIONS.items()]
        sizes = [{"slug": slug, "name": slug} for slug in sorted(catalogue.node_sizes())]
        return {"options": {"versions": versions, "regions": regions, "sizes": sizes}}

    @routes.post(PATH + "/{identity}/upgrade", status_code=202)
    async def upgrade(identity: str, request: Request) -> Response:
        version = str((await json_body(request)).get("version"))
        if version not in catalogue.VERSIONS:
            raise ApiError(422, "invalid version slug")
        with store.lock():
            store.put(KIND, identity, {**found(store, identity), "version": version, "updated_at": now()})
        return Response("{}", 202, media_type="application/json")

    @routes.get(PATH + "/{identity}/destroy_with_associated_resources")
    async def associated(identity: str) -> dict[str, Any]:
        found(store, identity)
        return {"volumes": [], "volume_snapshots": [], "load_balancers": []}

    @routes.delete(PATH + "/{identity}/destroy_with_associated_resources/{how}", status_code=204)
    async def destroy(identity: str, how: str) -> Response:
        if how not in {"dangerous", "selective"}:
            raise not_found()
        return _deleted(store, identity)

    @routes.api_route("/v2/kubernetes/registry", methods=["POST", "DELETE"], status_code=204)
    async def integrate(request: Request) -> Response:
        if not store.all("registry"):
            raise ApiError(404, "registry not found")
        on = request.method == "POST"
        with store.lock():
            for identity in (await json_body(request)).get("cluster_uuids") or []:
                store.put(KIND, identity, {**found(store, identity), "registry_enabled": on})
        return Response(status_code=204)


def _pools(routes: APIRouter, store: Store) -> None:
    path = PATH + "/{identity}/node_pools"

    @routes.get(path)
    async def index(identity: str, request: Request) -> dict[str, Any]:
        return page(request, "node_pools", found(store, identity)["node_pools"])

    @routes.post(path, status_code=201)
    async def create(identity: str, request: Request) -> dict[str, Any]:
        sent = await json_body(request)
        with store.lock():
            cluster = found(store, identity)
            pool = make_pool(sent, cluster["node_pools"])
            cluster["node_pools"].append(pool)
            store.put(KIND, identity, cluster)
        return {"node_pool": pool}

    @routes.get(path + "/{pool_id}")
    async def read(identity: str, pool_id: str) -> dict[str, Any]:
        return {"node_pool": pool_of(found(store, identity), pool_id)}

    @routes.put(path + "/{pool_id}", status_code=202)
    async def update(identity: str, pool_id: str, request: Request) -> dict[str, Any]:
        sent = await json_body(request)
        with store.lock():
            cluster = found(store, identity)
            pool = resize(pool_of(cluster, pool_id), sent)
            store.put(KIND, identity, cluster)
        return {"node_pool": pool}

    @routes.delete(path + "/{pool_id}", status_code=204)
    async def delete(identity: str, pool_id: str) -> Response:
        with store.lock():
            cluster = found(store, identity)
            cluster["node_pools"].remove(pool_of(cluster, pool_id))
            store.put(KIND, identity, cluster)
        return Response(status_code=204)


def _access(routes: APIRouter, store: Store, file: Path) -> None:
    def held(identity: str) -> dict[str, Any]:
        found(store, identity)
        try:
            content: dict[str, Any] = json.loads(file.read_text())
        except (OSError, ValueError) as error:
            raise ApiError(409, f"this machine's cluster has no credentials yet: {error}") from error
        return content

    @routes.get(PATH + "/{identity}/credentials")
    async def credentials(identity: str, expiry_seconds: int = 0) -> dict[str, Any]:
        end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=expiry_seconds or DEFAULT_EXPIRY)
        return {**held(identity), "expires_at": end.strftime("%Y-%m-%dT%H:%M:%SZ")}

    @routes.get(PATH + "/{identity}/kubeconfig")
    async def kubeconfig(identity: str) -> Response:
        cluster, content = found(store, identity), held(identity)
        name = f"do-{cluster['region']}-{cluster['name']}"
        user = {
            key.replace("_", "-"): content[key]
            for key in ("client_certificate_data", "client_key_data", "token")
            if content.get(key)
        }
        access = {
            "server": content["server"],
            "certificate-authority-data": content["certificate_authority_data"],
        }
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": access}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-admin"}}],
            "users": [{"name": f"{name}-admin", "user": user}],
        }
        return Response(yaml.safe_dump(config), media_type="application/yaml")


def found(store: Store, identity: str) -> Document:
    """The cluster of that id.

    Raises:
        ApiError: 404.
    """
    cluster = store.get(KIND, identity)
    if cluster is None:
        raise not_found()
    return cluster


def _create(store: Store, body: Document) -> Document:
    require_fields(body, "name", "region", "version", "node_pools")
    if body["version"] not in catalogue.VERSIONS:
        raise ApiError(422, f"invalid version slug: {body['version']}")
    if body["region"] not in catalogue.REGIONS:
        raise ApiError(422, f"region {body['region']} is not available")
    if (vpc := body.get("vpc_uuid")) and store.get("vpc", vpc) is None:
        raise ApiError(422, "VPC not found")
    identity = new_id()
    release = tuple(int(part) for part in body["version"].split(".")[:2])
    with store.lock():
        if any(held["name"] == body["name"] for held in store.all(KIND)):
            raise ApiError(422, "a cluster with this name already exists")
        cluster = {
            **{key: body.get(key) for key in ECHOED},
            "id": identity,
            "vpc_uuid": vpc or "",
            "ha": body["ha"] if body.get("ha") is not None else release >= catalogue.HIGHLY_AVAILABLE_FROM,
            "ipv4": "",
            "endpoint": f"https://{identity}.k8s.ondigitalocean.com",
            "auto_upgrade": bool(body.get("auto_upgrade")),
            "surge_upgrade": bool(body.get("surge_upgrade")),
            "isolated_workers": bool(body.get("isolated_workers")),
            "cluster_subnet": body.get("cluster_subnet") or "10.244.0.0/16",
            "service_subnet": body.get("service_subnet") or "10.245.0.0/16",
            "tags": _tags(identity, body.get("tags") or []),
            "maintenance_policy": _maintenance(body.get("maintenance_policy")),
            "node_pools": make_pools(body["node_pools"]),
            "registry_enabled": False,
            "status": {"state": "provisioning", "message": ""},
            "created_at": now(),
            "updated_at": now(),
        }
        return store.put(KIND, identity, cluster)


def _tags(identity: str, sent: list[str]) -> list[str]:
    """A cluster's tags: two of DigitalOcean's own before those that were sent."""
    own = ["k8s", f"k8s:{identity}"]
    return own + [tag for tag in sent if tag not in own]


def _deleted(store: Store, identity: str) -> Response:
    with store.lock():
        found(store, identity)
        store.remove(KIND, identity)
    return Response(status_code=204)


def _maintenance(sent: Document | None) -> Document:
    policy = sent or {}
    return {
        "start_time": policy.get("start_time") or "00:00",
        "duration": "4h0m0s",
        "day": policy.get("day") or "any",
    }


def _has_value(value: Any) -> bool:
    """The provider sends `null`, and objects of nulls, for what it leaves as it is."""
    if isinstance(value, dict):
        return any(_has_value(inner) for inner in value.values())
    return value is not None
