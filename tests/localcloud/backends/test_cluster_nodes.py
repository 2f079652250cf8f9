"""A node is drained, tainted and labelled in its cluster."""

from __future__ import annotations

import json

import pytest

from localcloud.api.cluster_backend import Taint
from localcloud.backends import cluster_nodes
from localcloud.backends.cluster_nodes import ClusterNodes
from localcloud.machine.cluster_place import ClusterPlace
from tests.localcloud.conftest import Fake

from .cluster_specs import create_node


@pytest.fixture
def nodes(instance, toolbox):
    ready = json.dumps({"status": {"conditions": [{"type": "Ready", "status": "True"}]}, "spec": {}})
    fake = Fake(answers={"get node apps-1": f"Warning: x\n{ready}"})
    fake.cancelled = type("Event", (), {"wait": lambda _, seconds: fake.calls.append(f"wait {seconds}")})()
    return ClusterNodes(ClusterPlace(account=instance, number=0), toolbox, fake)


def list_kubectl_commands(nodes):
    return [call.partition("kubeconfig.yaml ")[2] or call for call in nodes.commands.calls]


def test_drained_node_leaves_load_balancers_first(nodes):
    nodes.drain("apps-1")
    said = list_kubectl_commands(nodes)
    assert said[0] == "cordon apps-1"
    assert said[1].startswith(f"label node apps-1 {cluster_nodes.EXCLUDED}=")
    assert said.index(f"wait {cluster_nodes.LOAD_BALANCER_SECONDS}") < len(said) - 1
    assert said[-1].startswith("drain apps-1 --ignore-daemonsets --delete-emptydir-data")


def test_node_without_kubelet_is_not_waited_for(nodes):
    nodes.commands.answers = {"get node apps-1": json.dumps({"status": {}})}
    nodes.drain("apps-1")
    assert not any(each.startswith("drain") for each in list_kubectl_commands(nodes))


def test_taints_of_kubernetes_stay_and_ours_are_replaced(nodes):
    own = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    old = {"key": "dedicated", "value": "old", "effect": "NoSchedule"}
    nodes.commands.answers = {"get node apps-1": json.dumps({"spec": {"taints": [own, old]}})}
    wanted = Taint(key="dedicated", value="new", effect="NoSchedule")
    nodes.apply(create_node(1, taints=[wanted]), "10.100.0.0/24", "fra1")
    patch = json.loads(list_kubectl_commands(nodes)[-1].partition("--patch ")[2])
    assert patch["spec"]["taints"] == [own, {"key": "dedicated", "value": "new", "effect": "NoSchedule"}]
    nodes.commands.answers = {"get node apps-1": json.dumps(patch)}
    nodes.commands.calls.clear()
    nodes.apply(create_node(1, taints=[wanted]), "10.100.0.0/24", "fra1")
    assert not any("patch" in each for each in list_kubectl_commands(nodes))


def test_labels_of_doks_win_over_a_pools():
    labels = cluster_nodes.labels(
        create_node(1, labels={"workload": "apps", "doks.digitalocean.com/node-pool": "x"}), "fra1"
    )
    assert labels["workload"] == "apps"
    assert labels["doks.digitalocean.com/node-pool"] == "apps"
    assert labels["doks.digitalocean.com/node-pool-id"] == "7f"
    assert labels["topology.kubernetes.io/region"] == "fra1"
