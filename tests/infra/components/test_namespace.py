from __future__ import annotations


def test_pods_that_are_not_restricted_are_refused(repository):
    labels = repository.deploy("prod").one("core/v1:Namespace").inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_pull_secret_holds_what_the_registry_gave(repository):
    secrets = repository.deploy("prod").of("core/v1:Secret")
    (pull,) = (each.inputs for each in secrets if each.name == "registry")
    assert pull["type"] == "kubernetes.io/dockerconfigjson"
    assert "pull-password" in pull["stringData"][".dockerconfigjson"]


def test_where_nodes_need_none_there_is_none(repository):
    recorder = repository.deploy("local")
    assert [each.name for each in recorder.of("core/v1:Secret")] == []
    assert recorder.of("ContainerRegistryDockerCredentials") == []
