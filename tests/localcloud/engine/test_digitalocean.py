"""The engine's DigitalOcean resources against the emulated API itself."""

from __future__ import annotations

import pytest
import yaml

from localcloud.engine.change import Change, EngineError
from localcloud.engine.digitalocean import DigitalOcean
from localcloud.engine.spelling import camel, respell, snake

from ..api.conftest import Api

VPC = {"name": "v", "region": "fra1", "ipRange": "10.9.0.0/20", "description": "d"}
REGISTRY = {"name": "acme", "subscriptionTierSlug": "basic", "region": "fra1"}
CLUSTER = {
    "name": "c",
    "region": "fra1",
    "version": "1.34.4-do.0",
    "ha": False,
    "autoUpgrade": True,
    "tags": ["t"],
    "maintenancePolicy": {"day": "sunday", "startTime": "03:00"},
    "registryIntegration": True,
    "nodePool": {"name": "p", "size": "s-2vcpu-4gb", "autoScale": True, "minNodes": 1, "maxNodes": 3},
}


@pytest.fixture
def api(tmp_path):
    made = Api(tmp_path)
    yield made
    made.close()


def resource(api, kind, inputs, *, dry_run=False):
    return DigitalOcean(api.client, dry_run).resource(kind, inputs)


@pytest.mark.parametrize("spelled", ["ip_range", "name", "min_nodes", "vpc_uuid"])
def test_the_two_spellings_lead_to_each_other(spelled):
    assert snake(camel(spelled)) == spelled


def test_keys_that_are_the_users_own_are_not_respelled():
    assert respell({"minNodes": 1, "labels": {"myKey": "x"}}, snake) == {"min_nodes": 1, "labels": {"myKey": "x"}}


def test_a_network_is_made_once_and_changed_where_it_can_be(api):
    first = resource(api, "Vpc", VPC)
    assert (first.change, first.outputs["vpcUrn"]) == (Change.CREATE, f"do:vpc:{first.id}")
    assert resource(api, "Vpc", VPC).change is Change.SAME
    changed = resource(api, "Vpc", {**VPC, "description": "new"})
    assert (changed.change, changed.id, changed.outputs["description"]) == (Change.UPDATE, first.id, "new")


def test_a_cluster_comes_up_with_its_registry_and_a_kubeconfig_that_leads_to_it(api):
    resource(api, "ContainerRegistry", REGISTRY)
    made = resource(api, "KubernetesCluster", CLUSTER)
    assert (made.change, made.outputs["status"]) == (Change.CREATE, "running")
    config = yaml.safe_load(made.outputs["kubeConfigs"][0]["rawConfig"])
    assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6500"
    assert config["users"][0]["user"] == {"client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ"}
    held = api.do("GET", f"/v2/kubernetes/clusters/{made.id}")["kubernetes_cluster"]
    assert held["registry_enabled"] is True
    assert resource(api, "KubernetesCluster", CLUSTER).change is Change.SAME
    assert resource(api, "KubernetesCluster", {**CLUSTER, "autoUpgrade": False}).change is Change.UPDATE


def test_a_pool_is_made_grown_and_left_alone(api):
    cluster = resource(api, "KubernetesCluster", {**CLUSTER, "registryIntegration": False}).id
    pool = {"name": "apps", "clusterId": cluster, "size": "s-2vcpu-4gb", "autoScale": True, "minNodes": 1, "maxNodes": 2, "labels": {"a": "b"}, "taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]}  # fmt: skip
    assert resource(api, "KubernetesNodePool", pool).outputs["actualNodeCount"] == 1
    assert resource(api, "KubernetesNodePool", pool).change is Change.SAME
    grown = resource(api, "KubernetesNodePool", {**pool, "minNodes": 2})
    assert (grown.change, grown.outputs["actualNodeCount"]) == (Change.UPDATE, 2)


def test_a_project_holds_what_it_is_given(api):
    project = resource(api, "Project", {"name": "p", "purpose": "x"})
    given = {"project": project.id, "resources": ["do:domain:a.example"]}
    assert resource(api, "ProjectResources", given).change is Change.UPDATE
    assert resource(api, "ProjectResources", given).change is Change.SAME
    assert resource(api, "Project", {"name": "p", "purpose": "y"}).change is Change.UPDATE


def test_a_preview_makes_nothing(api):
    resources = {
        "Vpc": VPC,
        "ContainerRegistry": REGISTRY,
        "KubernetesCluster": CLUSTER,
        "Project": {"name": "p", "purpose": "x"},
    }
    for kind, inputs in resources.items():
        assert resource(api, kind, inputs, dry_run=True).change is Change.CREATE
    for kind, inputs in {
        "KubernetesNodePool": {"clusterId": "preview"},
        "ProjectResources": {"project": "preview"},
    }.items():
        assert resource(api, kind, inputs, dry_run=True).change is Change.CREATE
    assert api.do("GET", "/v2/vpcs")["vpcs"] == []
    assert api.do("GET", "/v2/kubernetes/clusters")["kubernetes_clusters"] == []


def test_what_the_api_refuses_is_told_with_its_own_words(api):
    with pytest.raises(EngineError, match="POST /v2/vpcs: 422.*must be private"):
        resource(api, "Vpc", {**VPC, "ipRange": "8.8.8.0/24"})


def test_a_type_that_nobody_taught_it_is_refused_by_name(api):
    with pytest.raises(EngineError, match="digitalocean Droplet: not known to the in-process engine"):
        resource(api, "Droplet", {})
