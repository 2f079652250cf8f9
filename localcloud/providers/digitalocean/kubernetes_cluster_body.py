"""A Kubernetes cluster in the API's words, and back in Pulumi's."""

from __future__ import annotations

from localcloud.providers.digitalocean import pools, tags
from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.spelling import camel, respell, snake
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Properties

SWITCHES = (
    "routingAgent", "p2pOciRegistryPlugin", "amdGpuDevicePlugin", "amdGpuDeviceMetricsExporterPlugin",
    "amdGpuDraDriver", "nvidiaGpuDevicePlugin", "nvidiaGpuDraDriver", "rdmaSharedDevicePlugin", "corednsAutoscaler",
    "nfsCsiPlugin",
)  # fmt: skip


def settings_body(inputs: Properties, outputs: Properties | None = None) -> Body:
    """The body of a PUT, and what a POST has in common with it.

    Args:
        outputs: of the cluster that is changed: a setting that the cloud chose is sent back as it is.
    """
    was = outputs or {}
    body: Body = {
        "name": inputs["name"],
        "tags": inputs.get("tags") or [],
        "auto_upgrade": bool(inputs.get("autoUpgrade")),
        "surge_upgrade": bool(inputs["surgeUpgrade"]),
    }
    ha = inputs.get("ha", was.get("ha"))
    body |= {} if ha is None else {"ha": ha}
    for name in ("controlPlaneFirewall", *SWITCHES):
        body |= {snake(name): respell(inputs[name], snake)} if inputs.get(name) else {}
    if policy := inputs.get("maintenancePolicy"):
        body["maintenance_policy"] = {snake(key): policy[key] for key in ("day", "startTime") if policy.get(key)}
    if inputs.get("ssos"):
        body["sso"] = respell(inputs["ssos"][0], snake)
    wanted = (inputs.get("clusterAutoscalerConfigurations") or [{}])[0]
    cleared = {"scaleDownUtilizationThreshold": 0, "scaleDownUnneededTime": "", "expanders": []}
    had = (was.get("clusterAutoscalerConfigurations") or [{}])[0]
    settings = {**{key: value for key, value in cleared.items() if had.get(key)}, **wanted}
    return body | ({"cluster_autoscaler_configuration": respell(settings, snake)} if settings else {})


def to_inputs(cluster: Body) -> Properties:
    """The inputs of a cluster as the API has it."""
    inputs = {
        "name": cluster["name"],
        "region": cluster["region"],
        "version": cluster["version"],
        "nodePool": pools.to_inputs(find_own_pool(cluster)),
        "vpcUuid": cluster.get("vpc_uuid") or "",
        "workerSubnetUuid": cluster.get("worker_subnet_uuid") or "",
        "clusterSubnet": cluster.get("cluster_subnet") or "",
        "serviceSubnet": cluster.get("service_subnet") or "",
        "isolatedWorkers": bool(cluster.get("isolated_workers")),
        "ha": bool(cluster.get("ha")),
        "autoUpgrade": bool(cluster.get("auto_upgrade")),
        "surgeUpgrade": bool(cluster.get("surge_upgrade")),
        "tags": tags.without_generated(cluster.get("tags")),
    }
    for name in ("maintenancePolicy", "controlPlaneFirewall", *SWITCHES):
        if cluster.get(snake(name)):
            inputs[name] = respell(cluster[snake(name)], camel)
    for name, key in (("clusterAutoscalerConfigurations", "cluster_autoscaler_configuration"), ("ssos", "sso")):
        settings = {camel(part): value for part, value in (cluster.get(key) or {}).items() if value}
        inputs[name] = [settings] if settings else []
    return inputs


def to_outputs(cluster: Body) -> Properties:
    """A cluster's outputs, without its credentials."""
    pool = find_own_pool(cluster)
    return {
        **to_inputs(cluster),
        "nodePool": {**pools.outputs(pool), "id": pool["id"]},
        "clusterUrn": f"do:kubernetes:{cluster['id']}",
        "createdAt": cluster["created_at"],
        "updatedAt": cluster["updated_at"],
        "endpoint": cluster.get("endpoint") or "",
        "ipv4Address": cluster.get("ipv4") or "",
        "status": cluster["status"]["state"],
    }


def find_own_pool(cluster: Body) -> Body:
    """The pool that is part of the cluster's resource: the one so marked, or the only one.

    Raises:
        ProviderError: there are several, and none is marked.
    """
    found: list[Body] = cluster["node_pools"]
    marked = [pool for pool in found if tags.DEFAULT_POOL in (pool.get("tags") or [])]
    if len(marked) != 1 and len(found) != 1:
        raise ProviderError(
            f"cluster {cluster['id']}: {len(marked)} of its {len(found)} node pools have the tag "
            f"{tags.DEFAULT_POOL}; exactly one must"
        )
    return (marked or found)[0]
