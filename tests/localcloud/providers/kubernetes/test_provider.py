from __future__ import annotations

import pytest

from localcloud.providers.errors import ProviderError
from localcloud.providers.kubernetes.provider import Kubernetes
from localcloud.providers.values import UNKNOWN


@pytest.fixture
def provider():
    return Kubernetes()


def test_unknown_configuration_is_refused_by_name(provider):
    configuration = {"kubeconfig": "x", "version": "4", "cluster": "x", "enableServerSideApply": "false"}
    problems = dict(provider.check_configuration(configuration))
    assert problems.keys() == {"cluster", "enableServerSideApply"}
    assert problems["cluster"].endswith("install the official provider")
    assert list(provider.check_configuration({"kubeconfig": "x", "clusterIdentifier": "1", "context": "a"})) == []


def test_cluster_identifier_replaces_the_provider(provider):
    old = {"kubeconfig": "a", "clusterIdentifier": "1"}
    assert provider.replaces(old, {"kubeconfig": "b", "clusterIdentifier": "1"}) == []
    assert provider.replaces(old, {"kubeconfig": "a", "clusterIdentifier": "2"}) == ["clusterIdentifier"]
    assert provider.replaces({"kubeconfig": "a"}, old) == []


def test_preview_works_without_a_cluster(provider):
    assert {kind.token for kind in provider.configure({"kubeconfig": UNKNOWN})} == {
        "kubernetes:core/v1:Namespace",
        "kubernetes:core/v1:Secret",
        "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "kubernetes:core/v1:ResourceQuota",
        "kubernetes:core/v1:LimitRange",
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
        "kubernetes:helm.sh/v3:Release",
    }


def test_users_kubeconfig_is_never_used(provider, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/mine")
    with pytest.raises(ProviderError, match="needs `kubeconfig`"):
        provider.configure({})


def test_switches_are_json_or_booleans(provider, api):
    for value, wanted in (("true", True), (True, True), ("false", False), (None, False)):
        (namespace, *_) = provider.configure({"kubeconfig": api.kubeconfig, "enableSecretMutable": value})
        assert namespace.cluster.secrets_change_in_place is wanted


def test_configuration_or_environment_sets_delete_unreachable(provider, api, monkeypatch):
    def deletes(**more):
        return provider.configure({"kubeconfig": api.kubeconfig, **more})[0].cluster.deletes_unreachable

    assert not deletes()
    assert deletes(deleteUnreachable="true")
    monkeypatch.setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
    assert deletes()
    assert not deletes(deleteUnreachable="false")
    assert list(provider.check_configuration({"kubeconfig": "x", "deleteUnreachable": "true"})) == []


def test_can_be_configured_after_cancel(provider, api):
    configuration = {"kubeconfig": api.kubeconfig, "namespace": "here"}
    (before, *_) = provider.configure(configuration)
    provider.cancel()
    with pytest.raises(ProviderError, match="cancelled while helm was at work"):
        before.cluster.helm("version")
    (after, *_) = provider.configure(configuration)
    assert not after.cluster.commands.cancelled.is_set()
    assert after.cluster.namespace == "here"
