"""Small plans in the form of `pulumi preview --json`, with resources that stack/test_pulumi_stack.py has no cloud for.

Clusters and Helm releases would take minutes on a real stack. That the form is the CLI's own is shown there.
"""

from __future__ import annotations

CLUSTER = "slipway:cluster:Cluster$digitalocean:index/kubernetesCluster:KubernetesCluster"
POOL = "slipway:cluster:Cluster$digitalocean:index/kubernetesNodePool:KubernetesNodePool"
REGISTRY = "slipway:registry:Registry$digitalocean:index/containerRegistry:ContainerRegistry"
NETWORK = "slipway:network:Network$digitalocean:index/vpc:Vpc"
RELEASE = "slipway:service:Service$kubernetes:helm.sh/v3:Release"


def preview(name):
    """`same`, `update`, `replace` or `fail`."""
    return {"same": _same, "update": _update, "replace": _replace, "fail": _fail}[name]()


def _step(op, types, name, before=None, after=None, diff=None, reasons=None):
    step = {"op": op, "urn": f"urn:pulumi:prod::slipway::{types}::{name}"}
    step |= {"oldState": {"inputs": before}} if before is not None else {}
    step |= {"newState": {"inputs": after}} if after is not None else {}
    kind = "update-replace" if op == "replace" else "update"
    step |= {"detailedDiff": {path: {"kind": kind, "inputDiff": False} for path in diff}} if diff else {}
    return step | ({"replaceReasons": reasons} if reasons else {})


def _plan(same, *steps):
    counts = {"same": same}
    for step in steps:
        counts[step["op"]] = counts.get(step["op"], 0) + 1
    return {"steps": list(steps), "duration": 1, "changeSummary": counts}


def _same():
    return _plan(14, _step("same", NETWORK, "network", {"name": "prod"}, {"name": "prod"}))


def _cluster(most, **more):
    pool = {"size": "s-2vcpu-4gb", "autoScale": True, "minNodes": 1, "maxNodes": most}
    return {"__defaults": [], "name": "slipway-prod", "nodePool": pool, **more}


def _release(tag, **environment):
    return {"chart": "helm/service", "values": {"image": {"tag": tag, "digest": tag}, "environment": environment}}


def _update():
    """High availability on, the default pool's most nodes from 2 to 5, another image, and a pool less."""
    pool = {"size": "s-2vcpu-4gb", "autoScale": True, "minNodes": 1, "maxNodes": 3}
    changes = ("ha", "nodePool.labels", "nodePool.maxNodes")
    return _plan(
        11,
        _step("update", CLUSTER, "cluster", _cluster(2, ha=False), _cluster(5, ha=True), changes),
        _step(
            "update", RELEASE, "backend", _release("5a3969063ca5"), _release("3f2a91c4d5e6", API_TOKEN_HINT="x"),
            ("values.environment.API_TOKEN_HINT", "values.image.digest", "values.image.tag"),
        ),
        _step("delete", POOL, "apps", before=pool),
    )  # fmt: skip


def _replace():
    """Another region, and a size that no price list has."""
    steps = [
        _step("replace", types, name, {"region": "fra1"}, {"region": "ams3"}, ["region"], ["region"])
        for types, name in ((REGISTRY, "registry"), (NETWORK, "network"))
    ]
    larger = _cluster(2)
    larger["nodePool"] = {**larger["nodePool"], "size": "s-4vcpu-8gb"}
    steps.append(_step("replace", CLUSTER, "cluster", _cluster(2), larger))
    steps.append(_step("replace", RELEASE, "backend", _release("5a3969063ca5"), _release("5a3969063ca5")))
    return _plan(7, *steps)


def _fail():
    error = {"message": 'slipway:owner is "NOT OK"; write a label such as platform\n', "severity": "error"}
    return {**_plan(1), "diagnostics": [error]}
