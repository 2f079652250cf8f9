"""The Node objects of one cluster, as DigitalOcean sets them up, and the way out of a cluster for a node."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from localcloud.api.cluster_backend import NodeSpec
from localcloud.machine.cluster_place import ClusterPlace
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.toolbox import Toolbox

READY_SECONDS = 240
# The cloud controller sees the label and has the load balancer changed, whose connections to the node then end.
LOAD_BALANCER_SECONDS = 5.0
DRAIN_SECONDS = 600  # DigitalOcean gives longer; here pods start within seconds
EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"
# Taints with it are Kubernetes' own: not ready, unreachable, cordoned.
KUBERNETES_TAINTS = "node.kubernetes.io/"


def provider_id(node: NodeSpec) -> str:
    """How the Node says which droplet it is."""
    return f"digitalocean://{node.droplet_id}"


def kubelet_labels(node: NodeSpec, region: str) -> dict[str, str]:
    """The labels that a kubelet takes away when it does not set them itself."""
    return {"node.kubernetes.io/instance-type": node.size, "topology.kubernetes.io/region": region}


def labels(node: NodeSpec, region: str) -> dict[str, str]:
    """Every label of a node: DOKS' own win, as there."""
    return {
        **node.labels,
        **kubelet_labels(node, region),
        "doks.digitalocean.com/managed": "true",
        "doks.digitalocean.com/node-id": str(node.droplet_id),
        "doks.digitalocean.com/node-pool": node.pool,
        "doks.digitalocean.com/node-pool-id": node.pool_id,
        "doks.digitalocean.com/version": node.version,
    }


@dataclass(frozen=True)
class ClusterNodes:
    """The Node objects of the cluster at `place`, through its API server."""

    place: ClusterPlace
    toolbox: Toolbox
    commands: Commands

    def apply(self, node: NodeSpec, pods: str, region: str) -> None:
        """Create the object before its kubelet does, or bring it up to date.

        Args:
            pods: the range of its pods.

        Raises:
            CommandError: the API server refused.
        """
        manifest = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": node.name, "labels": labels(node, region)},
            "spec": {"podCIDR": pods, "podCIDRs": [pods], "providerID": provider_id(node)},
        }
        # Not a kubelet's to set: NodeRestriction forbids it some of the labels.
        words = ["apply", "--server-side", "--force-conflicts", "--field-manager=slipway", "-f", "-"]
        self._kubectl(*words, stdin=yaml.safe_dump(manifest))
        self._apply_taints(node)

    def exists(self, name: str) -> bool:
        """Whether the API server has a Node of this name."""
        return f"node/{name}" in self._kubectl("get", "nodes", "-o", "name").split()

    def is_ready(self, name: str) -> bool:
        """Whether the node's kubelet says that it is ready, and was heard of lately."""
        conditions = self._read(name).get("status", {}).get("conditions", [])
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    def wait_until_ready(self, names: Sequence[str]) -> None:
        """Wait until every one of these nodes is ready.

        Raises:
            CommandError: not all of them were within READY_SECONDS.
        """
        if names:
            nodes = [f"node/{name}" for name in names]
            self._kubectl("wait", "--for=condition=Ready", f"--timeout={READY_SECONDS}s", *nodes)

    def drain(self, name: str) -> None:
        """Take the node out of load balancers, then move its pods away; PodDisruptionBudgets are respected.

        Raises:
            CommandError: pods are left after DRAIN_SECONDS.
        """
        self._kubectl("cordon", name)
        self._kubectl("label", "node", name, f"{EXCLUDED}=", "--overwrite")
        if not self.is_ready(name):
            return  # nobody would end its pods; they are deleted with it
        self.commands.cancelled.wait(LOAD_BALANCER_SECONDS)
        self._kubectl(
            *("drain", name, "--ignore-daemonsets", "--delete-emptydir-data"),
            "--force",  # pods without an owner go with the node, as on DigitalOcean
            f"--timeout={DRAIN_SECONDS}s",
        )

    def delete(self, name: str) -> None:
        """Delete the object. Only for a node whose kubelet is stopped: it would make a new one."""
        self._kubectl("delete", "node", name, "--ignore-not-found")

    def _apply_taints(self, node: NodeSpec) -> None:
        ours = [{"key": taint.key, "value": taint.value, "effect": taint.effect} for taint in node.taints]
        found = self._read(node.name).get("spec", {}).get("taints") or []
        others = [taint for taint in found if taint["key"].startswith(KUBERNETES_TAINTS)]
        if [taint for taint in found if taint not in others] != ours:
            patch = json.dumps({"spec": {"taints": [*others, *ours]}})
            self._kubectl("patch", "node", node.name, "--type=merge", "--patch", patch)

    def _read(self, name: str) -> Mapping[str, Any]:
        try:
            printed = self._kubectl("get", "node", name, "-o", "json")
            found: Mapping[str, Any] = json.loads(printed[printed.index("{") :])
        except CommandError:
            return {}
        return found

    def _kubectl(self, *words: str, stdin: str | None = None) -> str:
        command = [str(self.toolbox.kubectl), f"--kubeconfig={self.place.kubeconfig}", *words]
        return self.commands.run(command, log=self.place.logs / "nodes.log", stdin=stdin)
