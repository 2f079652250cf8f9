"""The whole program, for every stack file, as an engine sees it."""

from __future__ import annotations

import json

import pulumi_digitalocean
import pulumi_docker
import pulumi_kubernetes
import pytest
from infra_stacks import STACKS, config_of, services_of, settings_of

from infra.config.settings import SettingsError
from infra.source.image_digest import DigestError
from infra.source.release import ReleaseError
from infra.stack_state import CLUSTER, IMAGE, REGISTRY, VPC

from . import sdk
from .conftest import DIGEST, PASSWORD, TOKEN, Recorder, registry_state

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
SDKS = {
    "digitalocean:index/certificate:Certificate": pulumi_digitalocean.CertificateArgs,
    "digitalocean:index/databaseCluster:DatabaseCluster": pulumi_digitalocean.DatabaseClusterArgs,
    "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool": (
        pulumi_digitalocean.DatabaseConnectionPoolArgs
    ),
    "digitalocean:index/databaseDb:DatabaseDb": pulumi_digitalocean.DatabaseDbArgs,
    "digitalocean:index/databaseFirewall:DatabaseFirewall": pulumi_digitalocean.DatabaseFirewallArgs,
    "digitalocean:index/databaseUser:DatabaseUser": pulumi_digitalocean.DatabaseUserArgs,
    "digitalocean:index/dnsRecord:DnsRecord": pulumi_digitalocean.DnsRecordArgs,
    "digitalocean:index/domain:Domain": pulumi_digitalocean.DomainArgs,
    "digitalocean:index/loadBalancer:LoadBalancer": pulumi_digitalocean.LoadBalancerArgs,
    "digitalocean:index/monitorAlert:MonitorAlert": pulumi_digitalocean.MonitorAlertArgs,
    "digitalocean:index/uptimeAlert:UptimeAlert": pulumi_digitalocean.UptimeAlertArgs,
    "digitalocean:index/uptimeCheck:UptimeCheck": pulumi_digitalocean.UptimeCheckArgs,
    "digitalocean:index/vpc:Vpc": pulumi_digitalocean.VpcArgs,
    "digitalocean:index/kubernetesCluster:KubernetesCluster": pulumi_digitalocean.KubernetesClusterArgs,
    "digitalocean:index/kubernetesNodePool:KubernetesNodePool": pulumi_digitalocean.KubernetesNodePoolArgs,
    "digitalocean:index/containerRegistry:ContainerRegistry": pulumi_digitalocean.ContainerRegistryArgs,
    "docker:index/image:Image": pulumi_docker.ImageArgs,
    "kubernetes:core/v1:Namespace": pulumi_kubernetes.core.v1.NamespaceArgs,
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": pulumi_kubernetes.networking.v1.NetworkPolicyArgs,
    "kubernetes:core/v1:Secret": pulumi_kubernetes.core.v1.SecretArgs,
    "kubernetes:helm.sh/v3:Release": pulumi_kubernetes.helm.v3.ReleaseArgs,
    "pulumi:providers:kubernetes": pulumi_kubernetes.ProviderArgs,
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
def test_every_input_has_a_name_type_and_value_that_the_sdk_knows(repository, stack):
    """All the way down: a property that a provider does not know is lost without a word."""
    for each in repository.deploy(stack).resources:
        if each.custom:
            assert list(sdk.misfits(each.inputs, SDKS[each.type], each.name)) == []


@pytest.mark.parametrize(
    ("type_", "inputs", "found"),
    [
        (pulumi_digitalocean.KubernetesClusterArgs, {"nodePool": {"nodes": 1, "colour": "x"}}, "x.nodePool.colour is no input"),
        (pulumi_digitalocean.KubernetesClusterArgs, {"nodePool": {"taints": [{"efect": "x"}]}}, "x.nodePool.taints[0].efect is no"),
        (pulumi_digitalocean.KubernetesClusterArgs, {"region": "fra9"}, "x.region is 'fra9', which is none of"),
        (pulumi_digitalocean.KubernetesClusterArgs, {"ha": "true"}, "x.ha is 'true', which is none of"),
        (pulumi_docker.ImageArgs, {"build": {"builderVersion": "BuilderV9"}}, "x.build.builderVersion is 'BuilderV9'"),
        (pulumi_kubernetes.core.v1.SecretArgs, {"metadata": {"labels": {"a": 1}}}, "x.metadata.labels.a is 1, which is none"),
    ],
)  # fmt: skip
def test_the_check_finds_wrong_names_types_and_values_at_any_depth(type_, inputs, found):
    assert any(each.startswith(found) for each in sdk.misfits(inputs, type_, "x")), list(
        sdk.misfits(inputs, type_, "x")
    )


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


@pytest.mark.parametrize("stack", ["staging", "local"])
def test_a_stack_that_builds_declares_an_image_and_alias_per_service(repository, stack):
    """An image's tag is its commit's, an alias has the day as well."""
    images = {each.name: each.inputs for each in repository.deploy(stack).of("Image") if each.custom}
    host = settings_of(stack)["registry"]["host"]
    day = repository.git("log", "-1", "--format=%cs").replace("-", "")
    for name, service in services_of(stack).items():
        image, alias = images.pop(f"{name}-image"), images.pop(f"{name}-image-alias")
        assert image["imageName"] == f"{host}/{name}:{repository.first[:12]}"
        assert alias["imageName"] == f"{host}/{name}:{day}-{repository.first[:7]}"
        for each in (image, alias):
            export = f".slipway/contexts/{name}/{repository.first[:12]}"
            context = export if service["shares"] else f"{export}/{service['folder']}"
            assert each["build"]["context"] == context
            assert each["build"]["dockerfile"] == f"{export}/{service['folder']}/Dockerfile"
            assert each["registry"]["server"] == host.partition("/")[0]
    assert images == {}


def test_a_stack_that_looks_up_builds_nothing_and_runs_the_digest(repository):
    recorder = repository.deploy("prod")
    assert recorder.of("Image") == []
    assert set(digests(recorder)) == set(services_of("prod"))


@pytest.mark.parametrize("stack", STACKS)
def test_what_a_release_runs_is_always_a_digest(repository, stack):
    found = digests(repository.deploy(stack))
    assert found == dict.fromkeys(services_of(stack), DIGEST)


def state_of(stack, repository, *, built=True, registry=True):
    """A state in which the stack has its registry, and built the images of HEAD."""
    held = registry_state(stack) if registry else {}
    host, sha = settings_of(stack)["registry"]["host"], repository.git("rev-parse", "HEAD")
    for name in services_of(stack) if built else ():
        tag = f"{host}/{name}:{sha[:12]}"
        held[f"urn:{name}"] = {"type": IMAGE, "outputs": {"imageName": tag}}
    return held


@pytest.fixture
def asked(monkeypatch):
    """The tags that the registry is asked for; it holds them all."""
    references = []
    monkeypatch.setattr("infra.source.image_digest.find_digest", lambda name, _: references.append(name) or DIGEST)
    return references


def declared(recorder):
    return {each.name for each in recorder.of("docker:index/image:Image")}


def images_of(stack):
    return {f"{name}-image{suffix}" for name in services_of(stack) for suffix in ("", "-alias")}


@pytest.mark.parametrize("stack", ["staging", "local"])
def test_images_in_the_state_stay_declared_with_no_registry_request(repository, stack, asked):
    recorder = repository.deploy(stack, cloud=Recorder(state=state_of(stack, repository)))
    assert declared(recorder) == images_of(stack)
    assert asked == []


# After a rollback or a lookup (`slipway:images: registry`) the state has no image; nor after a build in CI.
@pytest.mark.parametrize("stack", ["staging", "local"])
def test_images_in_the_registry_but_not_in_the_state_are_not_built(repository, stack, asked):
    cloud = Recorder(state=state_of(stack, repository, built=False))
    recorder = repository.deploy(stack, cloud=cloud)
    assert declared(recorder) == set()
    assert set(digests(recorder).values()) == {DIGEST}
    assert len(asked) == len(settings_of(stack)["services"])


def test_only_images_that_nobody_built_are_built(repository, monkeypatch):
    monkeypatch.setattr(
        "infra.source.image_digest.find_digest", lambda name, _: None if "/backend:" in name else DIGEST
    )
    recorder = repository.deploy("staging", cloud=Recorder(state=state_of("staging", repository, built=False)))
    assert declared(recorder) == {"backend-image", "backend-image-alias"}


def test_up_by_hand_after_a_deploy_from_ci_builds_nothing(repository, asked):
    """CI built the changed services only (`build:backend`), and looked the others up."""
    held = state_of("staging", repository)
    state = {urn: each for urn, each in held.items() if urn in {"urn:registry", "urn:backend"}}
    by_ci = repository.deploy("staging", cloud=Recorder(state=state), images="build:backend")
    by_hand = repository.deploy("staging", cloud=Recorder(state=state))
    assert declared(by_ci) == declared(by_hand) == {"backend-image", "backend-image-alias"}  # as the state has them
    assert digests(by_ci) == digests(by_hand)


def test_up_after_a_rollback_to_an_older_commit_builds_nothing(repository, asked):
    repository.write("backend/main.py", "print('two')\n")
    repository.commit()
    rolled_back = repository.deploy("staging", cloud=Recorder(state=state_of("staging", repository)),
                                    images="registry", release=repository.first)  # fmt: skip
    assert declared(rolled_back) == set()
    again = repository.deploy("staging", cloud=Recorder(state=state_of("staging", repository, built=False)))
    assert declared(again) == set()


def test_prod_declares_no_image(repository, asked):
    assert declared(repository.deploy("prod")) == set()
    assert len(asked) == len(settings_of("prod")["services"])


NO_REGISTRY = {"urn:x": {"type": "digitalocean:index/project:Project", "outputs": {}}}


def test_a_registry_that_does_not_exist_yet_is_not_asked_for_images(repository, asked):
    recorder = repository.deploy("prod", cloud=Recorder(state=NO_REGISTRY))
    assert len(recorder.of("service:Service")) == len(settings_of("prod")["services"])
    with pytest.raises(DigestError, match="slipway stack promote` copies them"):
        repository.deploy("prod", cloud=Recorder(state=NO_REGISTRY), preview=False)
    assert asked == []


def test_without_images_the_registry_is_all_that_is_declared(repository, asked):
    recorder = repository.deploy("prod", cloud=Recorder(state=NO_REGISTRY), preview=False, images="none")
    assert [each.type for each in recorder.resources if each.custom] == [REGISTRY]
    assert recorder.one("containerRegistry:ContainerRegistry").inputs["name"] == "slipway-example-prod"
    assert (recorder.outputs, asked) == ({}, [])
    [options] = [each for (type_, _), each in recorder.options.items() if type_ == REGISTRY]
    assert options.protect


@pytest.mark.parametrize("type_", [VPC, CLUSTER])
def test_without_images_nothing_that_is_there_is_removed(repository, type_):
    with pytest.raises(SettingsError, match="slipway:images is 'none'.*; write `registry`"):
        repository.deploy("prod", cloud=Recorder(state={"urn:x": {"type": type_, "outputs": {}}}), images="none")


def test_without_images_the_registry_must_be_the_stacks_own(repository):
    registry = {**settings_of("prod")["registry"], "owned": False}
    with pytest.raises(SettingsError, match="slipway:images is 'none'"):
        repository.deploy("prod", registry=registry, images="none")


def test_first_update_does_not_ask_a_registry_that_is_not_there_yet(repository, asked):
    recorder = repository.deploy("staging")
    assert declared(recorder) == images_of("staging")
    assert asked == []


def digests(recorder):
    """What each service's release runs."""
    releases = [each.inputs for each in recorder.of("v3:Release") if each.inputs["chart"] == "helm/service"]
    return {inputs["name"]: inputs["values"]["image"]["digest"] for inputs in releases}


def test_a_missing_image_is_refused_before_anything_is_declared(repository, monkeypatch):
    monkeypatch.setattr("infra.source.image_digest.find_digest", lambda *_: None)
    with pytest.raises(
        DigestError, match=rf"backend: registry.digitalocean.com/slipway-example-prod/backend:{repository.first[:12]}"
    ):
        repository.deploy("prod", preview=False)


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_uncommitted_changes_are_refused_where_the_file_says_so(repository, stack):
    repository.write("backend/main.py", "changed")
    with pytest.raises(ReleaseError, match="backend/main.py; commit them or stash them"):
        repository.deploy(stack)


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_an_uncommitted_stack_file_is_refused_too(repository, stack):
    name = f"Pulumi.{stack}.yaml"
    repository.write(name, (repository.folder / name).read_text() + "# changed\n")
    with pytest.raises(ReleaseError, match=f"{name}; commit them or stash them"):
        repository.deploy(stack)
    repository.deploy("prod" if stack == "staging" else "staging")  # of which it is no part


def test_locally_uncommitted_changes_run_under_a_name_of_their_own(repository):
    repository.write("backend/main.py", "changed")
    assert dirty(repository.deploy("local")) == {"backend-image"}


def test_a_change_of_what_services_share_is_one_of_all_that_share_it(repository):
    repository.write("backend/chassis/main.py", "changed")
    assert dirty(repository.deploy("local")) == {"backend-image", "chatbot-backend-image"}


def dirty(recorder):
    images = [each for each in recorder.of("Image") if each.custom]
    return {each.name for each in images if "-dirty-" in each.inputs["imageName"]}


def test_uncommitted_changes_of_what_services_share_are_refused_too(repository):
    repository.write("backend/chassis/main.py", "changed")
    with pytest.raises(ReleaseError, match="backend/chassis/main.py; commit them or stash them"):
        repository.deploy("staging")


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


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_offline_switches_are_set_for_no_real_stack(stack):
    assert not [key for key in config_of(stack) if key.startswith("digitalocean:")]
    settings = settings_of(stack)
    assert settings["registry"]["host"].startswith("registry.digitalocean.com/")
    assert settings["cluster"]["kubeconfig"] == "doctl"
    assert settings["protect"] is True
    assert settings["allowDirty"] is False


def test_each_stack_owns_a_registry_of_its_own(repository):
    owned = {
        stack: repository.deploy(stack).one("containerRegistry:ContainerRegistry") for stack in ("staging", "prod")
    }
    assert len({registry.inputs["name"] for registry in owned.values()}) == len(owned)


def test_a_stack_that_shares_an_account_reads_the_others_registry(repository):
    shared = {**settings_of("staging")["registry"], "owned": False}
    assert repository.deploy("prod", registry=shared).one("containerRegistry:ContainerRegistry").inputs == {}


def test_no_two_real_stacks_share_an_address(repository):
    import ipaddress

    ranges = []
    for stack in ("staging", "prod"):
        settings = settings_of(stack)
        cluster = settings["cluster"]
        ranges += [settings["network"]["ipRange"], cluster["clusterSubnet"], cluster["serviceSubnet"]]
    networks = [ipaddress.ip_network(text) for text in ranges]
    assert not any(a.overlaps(b) for at, a in enumerate(networks) for b in networks[at + 1 :])
