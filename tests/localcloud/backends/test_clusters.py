from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from localcloud import versions
from localcloud.api.backends import BackendError
from localcloud.api.cluster_backend import ClusterSpec, NodeSpec, Taint
from localcloud.backends import cluster_nodes, kubernetes_cluster
from localcloud.backends.cluster_nodes import ClusterNodes
from localcloud.backends.clusters import LocalClusters
from localcloud.machine.cluster_place import ClusterPlace
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.daemons import Daemon
from tests.localcloud.conftest import Fake

OLD, NEW = f"{versions.KUBERNETES}-do.0", f"{versions.NEWER_KUBERNETES}-do.0"


def node(number, **changes):
    made = NodeSpec(
        name=f"apps-{number}",
        droplet_id=1000 + number,
        pool="apps",
        pool_id="7f",
        size="s-2vcpu-4gb",
        version=OLD,
        labels={"workload": "apps"},
        taints=[],
    )
    return replace(made, **changes)


def cluster(*nodes, **changes):
    made = ClusterSpec(
        id="c1",
        name="staging",
        region="fra1",
        version=OLD,
        cluster_subnet="10.100.0.0/16",
        service_subnet="10.101.0.0/19",
        nodes=nodes,
    )
    return replace(made, **changes)


def compile_version(toolbox, version):
    toolbox.kubernetes(version).parent.mkdir(parents=True)
    toolbox.kubernetes(version).touch()


@pytest.fixture
def clusters(instance, toolbox):
    compile_version(toolbox, versions.KUBERNETES)
    return LocalClusters(instance, toolbox, Commands(), registry="127.0.0.1:5600")


@pytest.fixture
def applied(monkeypatch):
    """The records that clusters were brought to, by nobody."""
    seen = []
    monkeypatch.setattr(kubernetes_cluster.KubernetesCluster, "apply", lambda _, record: seen.append(record))
    return seen


def test_versions_are_the_compiled_ones_newest_first(clusters, toolbox):
    assert clusters.versions() == [OLD]
    compile_version(toolbox, versions.NEWER_KUBERNETES)
    assert clusters.versions() == [NEW, OLD]


def test_a_digitalocean_revision_runs_the_kubernetes_of_its_patch(clusters, applied):
    revised = OLD.replace("-do.0", "-do.1")
    clusters.apply(cluster(node(1, version=revised), version=revised))
    assert [record.spec.version for record in applied] == [revised]


@pytest.mark.parametrize("spec", [cluster(version="1.30.0-do.0"), cluster(node(1, version="1.30.0-do.0"))])
def test_unknown_version_is_refused_with_those_that_run(clusters, applied, spec):
    with pytest.raises(BackendError, match=f"version 1.30.0-do.0 cannot run here: choose one of {OLD}"):
        clusters.apply(spec)
    assert applied == []


def test_node_newer_than_its_cluster_is_refused(clusters, toolbox, applied):
    compile_version(toolbox, versions.NEWER_KUBERNETES)
    with pytest.raises(BackendError, match=f"node apps-1 has version {NEW}, newer than its cluster's {OLD}"):
        clusters.apply(cluster(node(1, version=NEW)))


def test_clusters_and_nodes_have_addresses_of_their_own(clusters, applied):
    clusters.apply(cluster(node(1), node(2)))
    clusters.apply(cluster(node(3), id="c2"))
    assert clusters.node_addresses("c1") == {1001: "10.253.80.3", 1002: "10.253.80.4"}
    assert clusters.node_addresses("c2") == {1003: "10.253.81.3"}
    assert [record.pods(name) for record in applied for name in record.nodes] == [
        "10.100.0.0/24",
        "10.100.1.0/24",
        "10.100.0.0/24",
    ]


def test_replaced_node_is_leaving_and_its_slot_is_not_given_away(clusters, applied):
    clusters.apply(cluster(node(1), node(2)))
    clusters.apply(cluster(node(2), node(3)))
    assert applied[-1].leaving == ["apps-1"]
    assert clusters.node_addresses("c1") == {1001: "10.253.80.3", 1002: "10.253.80.4", 1003: "10.253.80.5"}
    clusters._records.forget_node("c1", "apps-1")
    clusters.apply(cluster(node(2), node(3), node(4)))
    assert clusters.node_addresses("c1")[1004] == "10.253.80.6"


def test_full_subnet_takes_the_slot_of_a_node_that_is_gone(clusters, applied):
    small = {"cluster_subnet": "10.100.0.0/23"}
    clusters.apply(cluster(node(1), node(2), **small))
    clusters._records.forget_node("c1", "apps-1")
    clusters.apply(cluster(node(2), node(3), **small))
    assert clusters.node_addresses("c1") == {1002: "10.253.80.4", 1003: "10.253.80.3"}
    with pytest.raises(BackendError, match="10.100.0.0/23 has room for 2 nodes, and apps-4 is one more"):
        clusters.apply(cluster(node(2), node(3), node(4), **small))
    with pytest.raises(BackendError, match="10.100.0.0/25 has room for 0 nodes, and apps-1 is one more"):
        clusters.apply(cluster(node(1), id="c2", cluster_subnet="10.100.0.0/25"))


def test_sixth_cluster_is_refused_until_one_is_deleted(clusters, applied, monkeypatch):
    monkeypatch.setattr("localcloud.backends.clusters.cluster_removal.stop", lambda *_: None)
    for number in range(5):
        clusters.apply(cluster(id=f"c{number}"))
    with pytest.raises(BackendError, match="this account has 5 clusters, which is all that can run here: delete one"):
        clusters.apply(cluster(id="c5"))
    clusters.delete("c3")
    clusters.apply(cluster(id="c5"))
    assert applied[-1].number == 3


def test_unknown_cluster_has_no_access_and_needs_no_deletion(clusters):
    with pytest.raises(BackendError, match="there is no cluster c9"):
        clusters.access("c9")
    with pytest.raises(BackendError, match="there is no cluster c9"):
        clusters.node_addresses("c9")
    clusters.delete("c9")


def test_access_is_the_administrators(clusters, applied, monkeypatch):
    clusters.apply(cluster())
    with pytest.raises(BackendError, match="still being created"):
        clusters.access("c1")
    of_place(clusters)._write_files(applied[0])
    access = clusters.access("c1")
    assert access.server == "https://127.0.0.1:7301"
    assert "BEGIN CERTIFICATE" in access.client_certificate
    assert "BEGIN PRIVATE KEY" in access.client_key
    assert access.certificate_authority != access.client_certificate
    brief = x509.load_pem_x509_certificate(clusters.access("c1", timedelta(minutes=10)).client_certificate.encode())
    assert brief.not_valid_after_utc - datetime.now(UTC) < timedelta(minutes=11)


def of_place(clusters):
    return clusters._cluster(ClusterPlace(account=clusters._account, number=0))


def test_a_node_has_mirror_logins_but_none_of_the_accounts_registry(clusters, applied):
    clusters.apply(cluster(node(1)))
    of_place(clusters)._write_files(applied[0])
    files = of_place(clusters).node(applied[0], "apps-1").files
    hosts = {path.parent.name: path.read_text() for path in files.folder.glob("certs.d/*/hosts.toml")}
    assert set(hosts) == {"docker.io", "127.0.0.1:6300", "127.0.0.1:5600"}
    assert 'host."http://10.254.8.2:5600"' in hosts["127.0.0.1:5600"]
    assert {name for name, text in hosts.items() if "authorization" in text} == {"docker.io", "127.0.0.1:6300"}


def test_the_bridge_plugin_uses_the_nodes_range_without_masquerading(clusters, applied):
    clusters.apply(cluster(node(1), node(2)))
    of_place(clusters)._write_files(applied[0])
    files = of_place(clusters).node(applied[0], "apps-2").files
    bridge = json.loads((files.folder / "net.d/10-bridge.conflist").read_text())["plugins"][0]
    assert bridge["ipMasq"] is False
    assert bridge["ipam"]["ranges"] == [[{"subnet": "10.100.1.0/24"}]]


def test_each_program_has_the_version_of_its_node(clusters, toolbox, applied):
    compile_version(toolbox, versions.NEWER_KUBERNETES)
    clusters.apply(cluster(node(1), node(2, version=NEW), version=NEW))
    extra = [Daemon(name="cloud-controller", command=["/bin/true"])]
    programs = {each.name: list(map(str, each.command)) for each in of_place(clusters).daemons(applied[0], extra)}
    assert list(programs)[:2] == ["forward-apiserver", "etcd"]
    assert "cloud-controller" in programs
    for name, version in {"kube-apiserver": NEW, "kubelet-apps-1": OLD, "kube-proxy-apps-2": NEW}.items():
        assert any(version.removesuffix("-do.0") in word for word in programs[name]), name
    kubelet = programs["kubelet-apps-1"]
    assert "--provider-id=digitalocean://1001" in kubelet
    assert "--node-labels=node.kubernetes.io/instance-type=s-2vcpu-4gb,topology.kubernetes.io/region=fra1" in kubelet


def test_programs_of_a_node_do_not_change_when_another_node_goes(clusters, applied):
    clusters.apply(cluster(node(1), node(2)))
    clusters.apply(cluster(node(2)))
    place, both = of_place(clusters), applied[0]
    alone = replace(both, nodes={"apps-2": both.nodes["apps-2"]})

    def written(record):
        daemons = list(enumerate(place.daemons(record, []), start=1))
        return {
            each.name: (each.command, each.priority or number) for number, each in daemons if "apps-2" in each.name
        }

    assert written(alone) == written(both)
    assert len(written(both)) == 3


class Steps:
    """Notes what a removal does, in order."""

    def __init__(self):
        self.seen = []

    def note(self, name):
        return lambda *_, **__: self.seen.append(name)


def test_node_is_drained_before_its_programs_stop_and_forgotten_last(clusters, applied, monkeypatch):
    steps = Steps()
    clusters.apply(cluster(node(1), node(2)))
    clusters.apply(cluster(node(2)))
    monkeypatch.setattr(ClusterNodes, "exists", lambda *_: True)
    monkeypatch.setattr(ClusterNodes, "drain", steps.note("drain"))
    monkeypatch.setattr(ClusterNodes, "delete", steps.note("delete the Node"))
    monkeypatch.setattr(kubernetes_cluster.cluster_removal, "remove_node", steps.note("remove files"))
    monkeypatch.setattr(kubernetes_cluster.cluster_network, "route", steps.note("route"))

    def start(_, daemons):
        assert not any("apps-1" in daemon.name for daemon in daemons)
        assert any("apps-2" in daemon.name for daemon in daemons)
        steps.seen.append("stop")
        assert 1001 in clusters.node_addresses("c1")

    monkeypatch.setattr(kubernetes_cluster.Supervisor, "start", start)
    left = of_place(clusters)._remove_node(applied[1], "apps-1", [])
    assert steps.seen == ["drain", "stop", "delete the Node", "remove files", "route"]
    assert list(left.nodes) == ["apps-2"]
    assert clusters.node_addresses("c1") == {1002: "10.253.80.4"}


def test_failures_of_the_machine_are_errors_of_the_backend(clusters, monkeypatch):
    def fail(*_):
        raise CommandError("`ip link` ended with status 2")

    monkeypatch.setattr(kubernetes_cluster.KubernetesCluster, "apply", fail)
    with pytest.raises(BackendError, match="`ip link` ended with status 2"):
        clusters.apply(cluster())


@pytest.fixture
def nodes(instance, toolbox):
    ready = json.dumps({"status": {"conditions": [{"type": "Ready", "status": "True"}]}, "spec": {}})
    fake = Fake(answers={"get node apps-1": f"Warning: x\n{ready}"})
    fake.cancelled = type("Event", (), {"wait": lambda _, seconds: fake.calls.append(f"wait {seconds}")})()
    return ClusterNodes(ClusterPlace(account=instance, number=0), toolbox, fake)


def words(nodes):
    return [call.partition("kubeconfig.yaml ")[2] or call for call in nodes.commands.calls]


def test_drained_node_leaves_load_balancers_first(nodes):
    nodes.drain("apps-1")
    said = words(nodes)
    assert said[0] == "cordon apps-1"
    assert said[1].startswith(f"label node apps-1 {cluster_nodes.EXCLUDED}=")
    assert said.index(f"wait {cluster_nodes.LOAD_BALANCER_SECONDS}") < len(said) - 1
    assert said[-1].startswith("drain apps-1 --ignore-daemonsets --delete-emptydir-data")


def test_node_without_kubelet_is_not_waited_for(nodes):
    nodes.commands.answers = {"get node apps-1": json.dumps({"status": {}})}
    nodes.drain("apps-1")
    assert not any(each.startswith("drain") for each in words(nodes))


def test_taints_of_kubernetes_stay_and_ours_are_replaced(nodes):
    own = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    old = {"key": "dedicated", "value": "old", "effect": "NoSchedule"}
    nodes.commands.answers = {"get node apps-1": json.dumps({"spec": {"taints": [own, old]}})}
    wanted = Taint(key="dedicated", value="new", effect="NoSchedule")
    nodes.apply(node(1, taints=[wanted]), "10.100.0.0/24", "fra1")
    patch = json.loads(words(nodes)[-1].partition("--patch ")[2])
    assert patch["spec"]["taints"] == [own, {"key": "dedicated", "value": "new", "effect": "NoSchedule"}]
    nodes.commands.answers = {"get node apps-1": json.dumps(patch)}
    nodes.commands.calls.clear()
    nodes.apply(node(1, taints=[wanted]), "10.100.0.0/24", "fra1")
    assert not any("patch" in each for each in words(nodes))


def test_labels_of_doks_win_over_a_pools():
    labels = cluster_nodes.labels(
        node(1, labels={"workload": "apps", "doks.digitalocean.com/node-pool": "x"}), "fra1"
    )
    assert labels["workload"] == "apps"
    assert labels["doks.digitalocean.com/node-pool"] == "apps"
    assert labels["doks.digitalocean.com/node-pool-id"] == "7f"
    assert labels["topology.kubernetes.io/region"] == "fra1"
