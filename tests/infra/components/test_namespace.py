from __future__ import annotations


def test_pods_that_are_not_restricted_are_refused(repository):
    labels = repository.deploy("prod").one("core/v1:Namespace").inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_default_network_policy_denies_all_ingress_and_egress(repository):
    for stack in ("staging", "prod", "local"):
        recorder = repository.deploy(stack)
        policy = recorder.one("networking.k8s.io/v1:NetworkPolicy").inputs
        assert policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        assert policy["metadata"]["namespace"] == recorder.one("core/v1:Namespace").inputs["metadata"]["name"]


def test_the_program_creates_no_registry_secret(repository):
    """DOKS does that, for every namespace."""
    for stack in ("staging", "prod", "local"):
        secrets = repository.deploy(stack).of("core/v1:Secret")
        assert not [each.name for each in secrets if each.inputs.get("type") == "kubernetes.io/dockerconfigjson"]
