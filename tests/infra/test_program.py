"""The whole program, for every stack file, as an engine sees it."""

from __future__ import annotations

import json

import pytest
from infra_stacks import STACKS, settings_of

from infra.config.settings import SettingsError

from .recorder import PASSWORD, TOKEN, Recorder

TYPE_TOKENS = {
    "slipway:addons:Addons",
    "slipway:cluster:Cluster",
    "slipway:database:Database",
    "slipway:database:ManagedDatabase",
    "slipway:dns:Zone",
    "slipway:image:Image",
    "slipway:ingress:Ingress",
    "slipway:kubernetes:Namespace",
    "slipway:monitoring:Monitoring",
    "slipway:network:Network",
    "slipway:registry:Registry",
    "slipway:service:Service",
}
ELSEWHERE = {  # what some stack does not have
    "prod": {"slipway:image:Image"},
    "local": {
        "slipway:database:ManagedDatabase",
        "slipway:dns:Zone",
        "slipway:ingress:Ingress",
        "slipway:monitoring:Monitoring",
    },
}


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_registers_its_resources(repository, stack, capsys):
    recorder = repository.deploy(stack)
    assert {each.type for each in recorder.resources if not each.custom} == TYPE_TOKENS - ELSEWHERE.get(stack, set())
    with capsys.disabled():
        print(f"\n{stack}: {len(recorder.resources)} resources")
        for each in sorted(recorder.resources, key=lambda each: (each.type, each.name)):
            print(f"  {each.type:<88} {each.name}")


@pytest.mark.parametrize("stack", STACKS)
def test_components_keep_their_type_tokens(repository, stack):
    """A changed token replaces everything below it: it needs an alias, and then a change here."""
    found = {each.type for each in repository.deploy(stack).resources if not each.custom}
    assert found - TYPE_TOKENS == set()


@pytest.mark.parametrize("stack", STACKS)
def test_no_two_resources_of_a_type_share_a_name(repository, stack):
    names = [(each.type, each.name) for each in repository.deploy(stack).resources]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("stack", STACKS)
def test_a_second_run_registers_the_same(repository, stack):
    def shape(recorder):
        return sorted(json.dumps([each.type, each.name, each.inputs], sort_keys=True) for each in recorder.resources)

    assert shape(repository.deploy(stack)) == shape(repository.deploy(stack))


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_secret_is_exported_and_no_output_is(repository, stack):
    recorder = repository.deploy(stack)
    assert set(recorder.outputs) == {"release", "services", "namespace", "registry", "ingress", "cluster"}
    text = json.dumps({name: value for name, (value, _) in recorder.outputs.items()})
    for secret in (TOKEN, PASSWORD):
        assert secret not in text
    assert not any(secret for _, secret in recorder.outputs.values())


@pytest.mark.parametrize("stack", STACKS)
def test_no_release_has_a_secret_among_its_values(repository, stack):
    """Helm keeps a release's values, and shows them to whoever may read it."""
    for each in repository.deploy(stack).of("v3:Release"):
        for secret in (TOKEN, PASSWORD):
            assert secret not in json.dumps(each.inputs), each.name


@pytest.mark.parametrize("stack", STACKS)
def test_a_new_kubeconfig_changes_the_provider_and_nothing_else(repository, stack):
    """And of the provider only what never replaces it: its identity is the cluster's id."""

    def inputs(token):
        recorder = repository.deploy(stack, cloud=Recorder(kubeconfig=f"token: {token}"))
        return {(each.type, each.name): each.inputs for each in recorder.resources}

    one, other = inputs("one"), inputs("other")
    changed = {key for key in one if one[key] != other[key]}
    assert changed <= {("pulumi:providers:kubernetes", "cluster")}
    (provider,) = ({**each[("pulumi:providers:kubernetes", "cluster")], "kubeconfig": ""} for each in [one])
    assert provider == {**other[("pulumi:providers:kubernetes", "cluster")], "kubeconfig": ""}


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_called_latest(repository, stack):
    for each in repository.deploy(stack).resources:
        assert "latest" not in json.dumps(each.inputs), each.name


@pytest.mark.parametrize("stack", STACKS)
def test_everything_carries_stack_and_owner(repository, stack):
    for each in repository.deploy(stack).resources:
        if each.type.endswith(("KubernetesCluster", "KubernetesNodePool", "DatabaseCluster")):
            assert f"slipway:{stack}" in each.inputs["tags"]
            assert any(tag.startswith("owner:") for tag in each.inputs["tags"])
        if each.type.startswith("kubernetes:core/v1"):
            labels = each.inputs["metadata"]["labels"]
            assert (labels["slipway/stack"], labels["app.kubernetes.io/part-of"]) == (stack, "todo-app")
            assert labels["slipway/owner"]


def test_a_missing_secret_is_refused_with_the_command_that_sets_it(repository):
    services = settings_of("staging")["services"]
    services["backend"]["secrets"] = ["TOKEN"]
    with pytest.raises(SettingsError, match="pulumi config set --secret slipway:secrets.backend.TOKEN"):
        repository.deploy("staging", services=services)


def test_a_further_service_is_one_file_and_one_line(repository):
    repository.write("billing/Dockerfile", "FROM scratch\n")
    repository.write("billing/service.yaml", "port: 8000\n")
    repository.commit()
    services = {**settings_of("staging")["services"], "billing": {}}
    registry = {**settings_of("staging")["registry"], "tier": "professional"}  # a smaller one holds five repositories
    recorder = repository.deploy("staging", services=services, registry=registry)
    assert {each.name for each in recorder.of("service:Service")} == set(services)
    assert set(recorder.outputs["services"][0]) == set(services)
