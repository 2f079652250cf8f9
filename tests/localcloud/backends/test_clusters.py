"""An account's clusters have versions, addresses and a limit of their number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from localcloud import versions
from localcloud.api.backends import BackendError
from localcloud.backends import kubernetes_cluster
from localcloud.machine.command import CommandError

from .cluster_specs import NEW, OLD, create_cluster, create_node, fake_compiled_version, open_cluster


def test_versions_are_the_compiled_ones_newest_first(clusters, toolbox):
    assert clusters.versions() == [OLD]
    fake_compiled_version(toolbox, versions.NEWER_KUBERNETES)
    assert clusters.versions() == [NEW, OLD]


def test_a_digitalocean_revision_runs_the_kubernetes_of_its_patch(clusters, applied):
    revised = OLD.replace("-do.0", "-do.1")
    clusters.apply(create_cluster(create_node(1, version=revised), version=revised))
    assert [record.spec.version for record in applied] == [revised]


@pytest.mark.parametrize(
    "spec", [create_cluster(version="1.30.0-do.0"), create_cluster(create_node(1, version="1.30.0-do.0"))]
)
def test_unknown_version_is_refused_with_those_that_run(clusters, applied, spec):
    with pytest.raises(BackendError, match=f"version 1.30.0-do.0 cannot run here: choose one of {OLD}"):
        clusters.apply(spec)
    assert applied == []


def test_node_newer_than_its_cluster_is_refused(clusters, toolbox, applied):
    fake_compiled_version(toolbox, versions.NEWER_KUBERNETES)
    with pytest.raises(BackendError, match=f"node apps-1 has version {NEW}, newer than its cluster's {OLD}"):
        clusters.apply(create_cluster(create_node(1, version=NEW)))


def test_clusters_and_nodes_have_addresses_of_their_own(clusters, applied):
    clusters.apply(create_cluster(create_node(1), create_node(2)))
    clusters.apply(create_cluster(create_node(3), id="c2"))
    assert clusters.node_addresses("c1") == {1001: "10.253.80.3", 1002: "10.253.80.4"}
    assert clusters.node_addresses("c2") == {1003: "10.253.81.3"}
    assert [record.pods(name) for record in applied for name in record.nodes] == [
        "10.100.0.0/24",
        "10.100.1.0/24",
        "10.100.0.0/24",
    ]


def test_replaced_node_is_leaving_and_its_slot_is_not_given_away(clusters, applied):
    clusters.apply(create_cluster(create_node(1), create_node(2)))
    clusters.apply(create_cluster(create_node(2), create_node(3)))
    assert applied[-1].leaving == ["apps-1"]
    assert clusters.node_addresses("c1") == {1001: "10.253.80.3", 1002: "10.253.80.4", 1003: "10.253.80.5"}
    clusters._records.forget_node("c1", "apps-1")
    clusters.apply(create_cluster(create_node(2), create_node(3), create_node(4)))
    assert clusters.node_addresses("c1")[1004] == "10.253.80.6"


def test_full_subnet_takes_the_slot_of_a_node_that_is_gone(clusters, applied):
    small = {"cluster_subnet": "10.100.0.0/23"}
    clusters.apply(create_cluster(create_node(1), create_node(2), **small))
    clusters._records.forget_node("c1", "apps-1")
    clusters.apply(create_cluster(create_node(2), create_node(3), **small))
    assert clusters.node_addresses("c1") == {1002: "10.253.80.4", 1003: "10.253.80.3"}
    with pytest.raises(BackendError, match="10.100.0.0/23 has room for 2 nodes, and apps-4 is one more"):
        clusters.apply(create_cluster(create_node(2), create_node(3), create_node(4), **small))
    with pytest.raises(BackendError, match="10.100.0.0/25 has room for 0 nodes, and apps-1 is one more"):
        clusters.apply(create_cluster(create_node(1), id="c2", cluster_subnet="10.100.0.0/25"))


def test_sixth_cluster_is_refused_until_one_is_deleted(clusters, applied, monkeypatch):
    monkeypatch.setattr("localcloud.backends.clusters.cluster_removal.stop", lambda *_: None)
    for number in range(5):
        clusters.apply(create_cluster(id=f"c{number}"))
    with pytest.raises(BackendError, match="this account has 5 clusters, which is all that can run here: delete one"):
        clusters.apply(create_cluster(id="c5"))
    clusters.delete("c3")
    clusters.apply(create_cluster(id="c5"))
    assert applied[-1].number == 3


def test_unknown_cluster_has_no_access_and_needs_no_deletion(clusters):
    with pytest.raises(BackendError, match="there is no cluster c9"):
        clusters.access("c9")
    with pytest.raises(BackendError, match="there is no cluster c9"):
        clusters.node_addresses("c9")
    clusters.delete("c9")


def test_access_is_the_administrators(clusters, applied, monkeypatch):
    clusters.apply(create_cluster())
    with pytest.raises(BackendError, match="still being created"):
        clusters.access("c1")
    open_cluster(clusters)._write_files(applied[0])
    access = clusters.access("c1")
    assert access.server == "https://127.0.0.1:7301"
    assert "BEGIN CERTIFICATE" in access.client_certificate
    assert "BEGIN PRIVATE KEY" in access.client_key
    assert access.certificate_authority != access.client_certificate
    brief = x509.load_pem_x509_certificate(clusters.access("c1", timedelta(minutes=10)).client_certificate.encode())
    assert brief.not_valid_after_utc - datetime.now(UTC) < timedelta(minutes=11)


def test_failures_of_the_machine_are_errors_of_the_backend(clusters, monkeypatch):
    def fail(*_):
        raise CommandError("`ip link` ended with status 2")

    monkeypatch.setattr(kubernetes_cluster.KubernetesCluster, "apply", fail)
    with pytest.raises(BackendError, match="`ip link` ended with status 2"):
        clusters.apply(create_cluster())
