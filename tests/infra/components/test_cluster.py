from __future__ import annotations

import json

import pytest
import yaml
from infra_stacks import settings_of

from infra.rollouts.kubeconfig import doctl_kubeconfig


def cluster(repository, stack="prod", **config):
    return repository.deploy(stack, **config).one("KubernetesCluster").inputs


def test_the_cluster_says_outright_what_has_a_costly_default(repository):
    inputs = cluster(repository)
    assert inputs["ha"] is True
    assert inputs["destroyAllAssociatedResources"] is False
    assert inputs["surgeUpgrade"] is True
    assert inputs["maintenancePolicy"] == {"day": "sunday", "startTime": "03:00"}


@pytest.mark.parametrize("stack", ["staging", "prod", "local"])
def test_no_pool_has_a_node_count(repository, stack):
    recorder = repository.deploy(stack)
    pools = [
        recorder.one("KubernetesCluster").inputs["nodePool"],
        *(each.inputs for each in recorder.of("KubernetesNodePool")),
    ]
    for pool in pools:
        assert pool["autoScale"] is True
        assert "nodeCount" not in pool


def test_services_have_pools_of_their_own(repository):
    pool = repository.deploy("prod").one("KubernetesNodePool")
    assert (pool.inputs["minNodes"], pool.inputs["maxNodes"]) == (3, 10)
    assert pool.inputs["labels"] == {"workload": "apps", "slipway/pool": "apps"}


def test_a_new_node_size_creates_a_pool_and_then_deletes_the_old_one(repository):
    """The engine deletes what the program declares no more at the end, after all that waits for the new pool."""

    def pool(size):
        cluster = settings_of("prod")["cluster"]
        cluster["workloadPools"][0]["size"] = size
        return repository.deploy("prod", cluster=cluster).one("KubernetesNodePool")

    one, other = pool("s-4vcpu-8gb"), pool("s-8vcpu-16gb")
    assert (one.name, one.inputs["name"]) == ("apps-s-4vcpu-8gb", "slipway-prod-apps-s-4vcpu-8gb")
    assert (other.name, other.inputs["name"]) == ("apps-s-8vcpu-16gb", "slipway-prod-apps-s-8vcpu-16gb")
    assert one.inputs["labels"] == other.inputs["labels"]


def test_releases_wait_for_every_pool(repository):
    options = repository.deploy("prod").options
    (provider,) = (each for (type_, _), each in options.items() if type_ == "pulumi:providers:kubernetes")
    assert any(urn.endswith("KubernetesNodePool::apps-s-4vcpu-8gb") for urn in provider.dependencies)


def test_taints_reach_the_pool(repository):
    wanted = settings_of("prod")["cluster"]
    wanted["workloadPools"][0]["taints"] = [{"key": "only", "value": "apps", "effect": "NoSchedule"}]
    assert repository.deploy("prod", cluster=wanted).one("KubernetesNodePool").inputs["taints"] == [
        {"key": "only", "value": "apps", "effect": "NoSchedule"}
    ]


def test_the_provider_is_known_by_the_clusters_id_alone(repository):
    provider = repository.deploy("prod").one("providers:kubernetes").inputs
    assert provider["clusterIdentifier"] == "cluster-id"


def test_on_doks_the_kubeconfig_asks_for_its_token_when_it_is_used(repository):
    provider = repository.deploy("prod").one("providers:kubernetes").inputs
    config = json.loads(provider["kubeconfig"])
    user = config["users"][0]["user"]
    assert set(user) == {"exec"}
    assert user["exec"]["args"][-1] == "cluster-id"
    assert config["clusters"][0]["cluster"]["certificate-authority-data"] == "Q0E="


@pytest.mark.parametrize(("stack", "seconds"), [("prod", 600), ("local", None)])
def test_the_recorded_kubeconfig_expires_only_where_it_is_not_used(repository, stack, seconds):
    assert cluster(repository, stack).get("kubeconfigExpireSeconds") == seconds


def test_locally_it_is_the_one_the_api_hands_out(repository):
    provider = repository.deploy("local").one("providers:kubernetes").inputs
    assert yaml.safe_load(provider["kubeconfig"]) == {"token": "token-inside-the-kubeconfig"}


def test_the_kubeconfig_is_the_same_from_run_to_run():
    arguments = ("name", "https://server", "Q0E=", "id")
    assert doctl_kubeconfig(*arguments) == doctl_kubeconfig(*arguments)
