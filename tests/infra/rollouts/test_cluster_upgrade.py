"""What a run changes in a cluster waits for the API server of the version that the same run raised."""

from __future__ import annotations

import json

import pulumi
import pytest
from infra_stacks import settings_of

from infra.rollouts import cluster_upgrade
from infra.rollouts.cluster_upgrade import UpgradeError, wait_for_upgrade
from infra.stack_state import CLUSTER

from ..kubernetes_api import kubernetes  # noqa: F401 - a fixture
from ..recorder import Recorder, run


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    monkeypatch.setattr(cluster_upgrade, "INTERVAL_SECONDS", 0.01)


def kubeconfig_after_upgrade(kubeconfig, *, preview=False):
    seen = []

    def work():
        output = wait_for_upgrade(pulumi.Output.secret(kubeconfig), "1.35")
        pulumi.export("kubeconfig", output)
        output.apply(seen.append)

    recorder = run(work, preview=preview)
    return recorder.outputs["kubeconfig"], seen


def test_the_old_version_and_no_answer_are_waited_for(kubernetes, monkeypatch):  # noqa: F811
    kubernetes.versions = ["v1.34.4", "", "v1.35.4"]
    said = []
    monkeypatch.setattr(pulumi.log, "info", said.append)
    found = kubeconfig_after_upgrade(kubernetes.kubeconfig)
    assert found == ((kubernetes.kubeconfig, True), [kubernetes.kubeconfig])
    assert kubernetes.version_requests == 5
    assert said[0] == "waiting for Kubernetes 1.35; the API server's last answer: v1.34.4"
    assert "503" in said[1]


def test_one_of_several_api_servers_may_still_be_old(kubernetes):  # noqa: F811
    kubernetes.versions = ["v1.35.4", "v1.35.4", "v1.34.4", "v1.35.4"]
    kubeconfig_after_upgrade(kubernetes.kubeconfig)
    assert kubernetes.version_requests == 6


def test_nodes_are_waited_for_and_left_to_the_cluster_in_the_end(kubernetes, monkeypatch):  # noqa: F811
    kubernetes.versions = ["v1.35.4"]
    kubernetes.node("new", "v1.35.4")
    kubernetes.node("old", "v1.34.4")
    said, warned = [], []
    monkeypatch.setattr(pulumi.log, "info", said.append)
    monkeypatch.setattr(pulumi.log, "warn", warned.append)
    monkeypatch.setattr(cluster_upgrade, "NODES_SECONDS", 0.2)
    kubeconfig_after_upgrade(kubernetes.kubeconfig)
    assert said == ["waiting for Kubernetes 1.35 on old"]
    assert warned == ["going on, although these nodes have no Kubernetes 1.35 yet: old"]


def test_an_upgrade_that_times_out_is_an_error_with_the_last_answer(kubernetes, monkeypatch):  # noqa: F811
    monkeypatch.setattr(cluster_upgrade, "UPGRADE_SECONDS", 0)
    with pytest.raises(UpgradeError, match=r"has no Kubernetes 1\.35 .*; its last answer: v1\.34\.4\."):
        kubeconfig_after_upgrade(kubernetes.kubeconfig)


def test_a_preview_waits_for_nothing(kubernetes):  # noqa: F811
    kubeconfig_after_upgrade(kubernetes.kubeconfig, preview=True)
    assert kubernetes.version_requests == 0


@pytest.mark.parametrize(("minor", "requests"), [("1.34", 0), ("1.35", 4)])
def test_only_a_raised_minor_is_waited_for(repository, kubernetes, minor, requests):  # noqa: F811
    kubernetes.versions = ["v1.34.4", "v1.35.4"]
    state = {f"urn:x::{CLUSTER}::cluster": {"type": CLUSTER, "outputs": {"version": "1.34.4-do.0"}}}
    cluster = {**settings_of("local")["cluster"], "version": minor}
    cloud = Recorder(state=state, kubeconfig=kubernetes.kubeconfig)
    recorder = repository.deploy("local", preview=False, cluster=cluster, cloud=cloud)
    assert kubernetes.version_requests == requests
    assert recorder.one("providers:kubernetes").inputs["kubeconfig"] == kubernetes.kubeconfig
    assert json.dumps(recorder.one("providers:kubernetes").clear).count("[secret]") == 1
