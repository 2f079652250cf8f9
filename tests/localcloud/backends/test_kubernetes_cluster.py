"""A cluster has files and programs for each of its nodes."""

from __future__ import annotations

import json
from dataclasses import replace

from localcloud import versions
from localcloud.backends import kubernetes_cluster
from localcloud.backends.cluster_nodes import ClusterNodes
from localcloud.machine.daemons import Daemon

from .cluster_specs import NEW, OLD, create_cluster, create_node, fake_compiled_version, open_cluster


def test_a_node_has_mirror_logins_but_none_of_the_accounts_registry(clusters, applied):
    clusters.apply(create_cluster(create_node(1)))
    open_cluster(clusters)._write_files(applied[0])
    files = open_cluster(clusters).node(applied[0], "apps-1").files
    hosts = {path.parent.name: path.read_text() for path in files.folder.glob("certs.d/*/hosts.toml")}
    assert set(hosts) == {"docker.io", "127.0.0.1:6300", "127.0.0.1:5600"}
    assert 'host."http://10.254.8.2:5600"' in hosts["127.0.0.1:5600"]
    assert {name for name, text in hosts.items() if "authorization" in text} == {"docker.io", "127.0.0.1:6300"}


def test_the_bridge_plugin_uses_the_nodes_range_without_masquerading(clusters, applied):
    clusters.apply(create_cluster(create_node(1), create_node(2)))
    open_cluster(clusters)._write_files(applied[0])
    files = open_cluster(clusters).node(applied[0], "apps-2").files
    bridge = json.loads((files.folder / "net.d/10-bridge.conflist").read_text())["plugins"][0]
    assert bridge["ipMasq"] is False
    assert bridge["ipam"]["ranges"] == [[{"subnet": "10.100.1.0/24"}]]


def test_each_program_has_the_version_of_its_node(clusters, toolbox, applied):
    fake_compiled_version(toolbox, versions.NEWER_KUBERNETES)
    clusters.apply(create_cluster(create_node(1), create_node(2, version=NEW), version=NEW))
    extra = [Daemon(name="cloud-controller", command=["/bin/true"])]
    programs = {each.name: list(map(str, each.command)) for each in open_cluster(clusters).daemons(applied[0], extra)}
    assert list(programs)[:2] == ["forward-apiserver", "etcd"]
    assert "cloud-controller" in programs
    for name, version in {"kube-apiserver": NEW, "kubelet-apps-1": OLD, "kube-proxy-apps-2": NEW}.items():
        assert any(version.removesuffix("-do.0") in word for word in programs[name]), name
    kubelet = programs["kubelet-apps-1"]
    assert "--provider-id=digitalocean://1001" in kubelet
    assert "--node-labels=node.kubernetes.io/instance-type=s-2vcpu-4gb,topology.kubernetes.io/region=fra1" in kubelet


def test_programs_of_a_node_do_not_change_when_another_node_goes(clusters, applied):
    clusters.apply(create_cluster(create_node(1), create_node(2)))
    clusters.apply(create_cluster(create_node(2)))
    place, both = open_cluster(clusters), applied[0]
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
    clusters.apply(create_cluster(create_node(1), create_node(2)))
    clusters.apply(create_cluster(create_node(2)))
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
    left = open_cluster(clusters)._remove_node(applied[1], "apps-1", [])
    assert steps.seen == ["drain", "stop", "delete the Node", "remove files", "route"]
    assert list(left.nodes) == ["apps-2"]
    assert clusters.node_addresses("c1") == {1002: "10.253.80.4"}
