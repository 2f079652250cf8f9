"""Where stacks are: those of this machine by an instance's files, others by what the stack files here say."""

from __future__ import annotations

import pytest
import yaml

from delivery.outcome import MissingError, RefusedError
from operations import cluster as clusters
from operations.cluster import find_instance, find_parent, is_local, open_cluster

REGISTRY = {"name": "acme"}


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with a staging that may have preview environments, and a prod; no local cloud was ever started."""
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SLIPWAY_INSTANCE", "7")
    folder = tmp_path / "checkout"
    folder.mkdir()
    write(folder / "Pulumi.staging.yaml", namespace="todo-app", previewEnvironments={})
    write(folder / "Pulumi.prod.yaml", namespace="todo-app")
    return folder


@pytest.fixture
def asked(cluster, monkeypatch):
    """The stacks whose cluster is asked for, which is one that has the namespaces of `fake`."""
    stacks = []

    def request_cluster(stack, _, __):
        stacks.append(stack)
        return clusters.StackCluster(stack, cluster.kubeconfig, "todo-app")

    monkeypatch.setattr(clusters, "request_cluster", request_cluster)
    return stacks


def write(file, **config):
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"registry": REGISTRY, "services": {}, **config}
    file.write_text(yaml.safe_dump({"config": {f"slipway:{key}": value for key, value in content.items()}}))


def make_local(name):
    write(find_instance().home / f"Pulumi.{name}.yaml", namespace=name)
    find_instance().kubeconfig.write_text("the local cloud's")


def add_namespace(fake, name):
    labels = {"slipway/stack": name}
    fake.objects["namespaces"].append(
        {"metadata": {"name": name, "labels": labels, "creationTimestamp": "2026-11-26T10:00:00Z"}}
    )


def test_an_environment_is_a_namespace_in_its_parent_stacks_cluster(checkout, fake, asked):
    add_namespace(fake, "pr-7")
    found = open_cluster("pr-7", checkout)
    assert asked == ["staging"]
    assert (found.stack, found.namespace) == ("pr-7", "pr-7")


def test_an_environment_of_this_machine_goes_before_stagings(checkout, fake, asked):
    add_namespace(fake, "pr-7")
    make_local("pr-7")
    found = open_cluster("pr-7", checkout)
    assert asked == []
    assert (found.stack, found.namespace, found.kubeconfig) == ("pr-7", "pr-7", "the local cloud's")
    assert is_local("pr-7")
    assert not is_local("pr-8")


def test_a_missing_environment_is_refused_with_a_list_of_the_others(checkout, fake, asked):
    add_namespace(fake, "pr-8")
    make_local("pr-3")
    with pytest.raises(RefusedError) as error:
        open_cluster("pr-7", checkout)
    assert str(error.value) == (
        "there is no preview environment pr-7: the cluster of staging has pr-8 (`slipway preview-environment list "
        "--stack staging`); the local cloud has pr-3 (`make up PR=7` makes one)"
    )


@pytest.mark.parametrize(
    ("given", "there"),
    [({}, "that is none$"), ({"b": {}, "a": {}}, "that is Pulumi.a.yaml and Pulumi.b.yaml$")],
)
def test_environments_without_one_stack_that_has_them_are_refused(checkout, given, there):
    write(checkout / "Pulumi.staging.yaml", namespace="todo-app")
    for name, settings in given.items():
        write(checkout / f"Pulumi.{name}.yaml", namespace="todo-app", previewEnvironments=settings)
    with pytest.raises(RefusedError, match=there):
        open_cluster("pr-7", checkout)


def test_a_stack_file_that_cannot_be_read_is_named(checkout):
    (checkout / "Pulumi.prod.yaml").write_text("config: [")
    with pytest.raises(MissingError, match=r"Pulumi\.prod\.yaml"):
        find_parent("pr-7", checkout)


@pytest.mark.parametrize("stack", ["staging", "prod", "pr-", "pr-x", "pr-07"])
def test_any_other_stack_is_its_own_parent(checkout, stack):
    assert find_parent(stack, checkout) == stack
    assert not is_local(stack)


def test_the_local_stack_file_counts_for_local_environments(checkout):
    make_local("pr-7")
    assert find_parent("pr-7", checkout) == "local"


def test_a_stack_with_a_cluster_of_its_own_is_asked_for_by_its_name(checkout, asked):
    found = open_cluster("prod", checkout)
    assert (asked, found.stack, found.namespace) == (["prod"], "prod", "todo-app")
