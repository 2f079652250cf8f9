"""Pulumi's own engine changes Kubernetes objects by Slipway's provider."""

from __future__ import annotations

import json

from .provider_project import declare_namespace, declare_release, declare_secret


def test_every_change_of_an_object_is_an_update_or_a_replacement(stack, cloud, name):
    stack.resources = {"ns": declare_namespace(name, a="1"), "words": declare_secret(name, a="one")}
    assert {planned[0] for planned in stack.preview().values()} == {"create"}
    stack.up()
    assert stack.preview() == {}
    outputs = stack.state()["words"]["outputs"]
    assert outputs["data"]["plaintext"] == '{"a":"b25l"}'

    stack.resources["ns"] = declare_namespace(name, a="2", b="1")
    assert stack.preview() == {"ns": ("update", {"metadata.labels.a", "metadata.labels.b"})}
    stack.resources["ns"] = declare_namespace(name, name="a label that is called name")
    assert stack.preview()["ns"][0] == "update"
    stack.resources["ns"] = declare_namespace(f"{name}-2")
    assert stack.preview()["ns"] == ("replace", {"metadata.name", "metadata.labels.a"})
    stack.resources["ns"] = declare_namespace(name, b="1")
    stack.up()
    labels = json.loads(cloud.do("get", "namespace", name, "-o", "json"))["metadata"]["labels"]
    assert labels == {"b": "1", "kubernetes.io/metadata.name": name}

    stack.resources["words"] = declare_secret(name, a="two")
    assert stack.preview() == {"words": ("replace", {"stringData.a"})}
    stack.up()
    stack.resources["words"] = declare_secret(name, a="two", type_="slipway/other")
    assert stack.preview() == {"words": ("replace", {"type"})}
    stack.up()
    assert (
        cloud.do("get", "secret", "words", "-n", name, "-o", "jsonpath={.type} {.data}")
        == 'slipway/other {"a":"dHdv"}'
    )
    stack.providers["kubernetes"]["enableSecretMutable"] = "true"
    stack.resources["words"] = declare_secret(name, a="three", type_="slipway/other")
    assert stack.preview()["words"] == ("update", {"stringData.a"})
    stack.up()
    assert cloud.do("get", "secret", "words", "-n", name, "-o", "jsonpath={.data}") == '{"a":"dGhyZWU="}'


def test_a_change_of_an_object_by_others_is_drift(stack, cloud, name):
    stack.resources = {"ns": declare_namespace(name, a="1", b="1"), "words": declare_secret(name, a="one")}
    stack.up()
    cloud.do("label", "namespace", name, "a-", "others=1")
    assert stack.preview() == {}
    assert stack.preview("--refresh") == {"ns": ("update", {"metadata.labels.a"})}
    stack.up("--refresh")
    assert cloud.do("get", "namespace", name, "-o", "jsonpath={.metadata.labels.a}") == "1"

    cloud.do("label", "namespace", name, "a=2", "--overwrite")
    answer = stack.up("--refresh", fails=True)
    assert 'conflict with "kubectl-label"' in answer
    assert "pulumi.com/patchForce" in answer
    stack.resources["ns"]["properties"]["metadata"]["annotations"] = {"pulumi.com/patchForce": "true"}
    stack.up()
    assert cloud.do("get", "namespace", name, "-o", "jsonpath={.metadata.labels.a}") == "1"

    cloud.do("patch", "secret", "words", "-n", name, "--patch", '{"stringData": {"a": "other", "more": "x"}}')
    stack.refresh()
    assert stack.preview() == {"words": ("replace", {"stringData.a"})}
    cloud.do("delete", "secret", "words", "-n", name)
    stack.refresh()
    assert stack.preview() == {"words": ("create", set())}


def test_an_existing_object_is_imported_read_adopted_or_refused(stack, cloud, name):
    cloud.do("create", "namespace", name)
    cloud.do("create", "secret", "generic", "words", "-n", name, "--from-literal=a=one")
    stack.resources = {"ns": declare_namespace(name)}
    assert f"Namespace {name} exists already; import it" in stack.up(fails=True)
    stack.resources = {"ns": {"type": "kubernetes:core/v1:Namespace", "properties": {}, "id": name}}
    stack.up()
    assert stack.state()["ns"]["outputs"]["status"] == {"phase": "Active"}
    stack.resources = {
        "ns2": declare_namespace(name) | {"import": name},
        "words": {
            "type": "kubernetes:core/v1:Secret",
            "properties": {"metadata": {"name": "words", "namespace": name}, "data": {"a": "b25l"}, "type": "Opaque"},
            "import": f"{name}/words",
        },
    }
    stack.resources["ns2"]["properties"]["metadata"]["labels"]["kubernetes.io/metadata.name"] = name
    stack.up()
    assert stack.preview() == {}
    stack.pulumi("state", "delete", stack.state()["words"]["urn"], "--yes")
    stack.providers["kubernetes"]["upsertExistingObjects"] = "true"
    del stack.resources["words"]["import"]
    stack.up()


def test_unknown_inputs_types_and_settings_are_refused_by_name(stack, name):
    stack.resources = {"ns": declare_namespace(name) | {"type": "kubernetes:core/v1:ConfigMap"}}
    assert "kubernetes:core/v1:ConfigMap: Slipway's kubernetes provider does not know it" in stack.up(fails=True)
    stack.resources = {"ns": declare_namespace(name)}
    stack.resources["ns"]["properties"]["metadata"]["lables"] = {}
    answer = stack.up(fails=True)
    assert "metadata.lables" in answer
    assert "Slipway's kubernetes provider does not know this input" in answer
    stack.resources = {"tiny": declare_release(name, postrender="x") | {"after": []}}
    answer = stack.up(fails=True)
    assert "postrender" in answer
    assert "Slipway's kubernetes provider does not know this input" in answer
    stack.resources, stack.providers["kubernetes"]["cluster"] = {}, "x"
    assert "Slipway's kubernetes provider does not know this configuration" in stack.up(fails=True)
    del stack.providers["kubernetes"]["cluster"]


def test_only_another_cluster_replaces_what_is_in_it(stack, name):
    stack.resources = {"ns": declare_namespace(name)}
    stack.up()
    configuration = stack.providers["kubernetes"]
    configuration["kubeconfig"] += "\n# as with another certificate"
    assert stack.preview() == {"kubernetes": ("update", set())}
    stack.up()
    configuration["clusterIdentifier"] = "2"
    assert {name: planned[0] for name, planned in stack.preview().items()} == {
        "kubernetes": "replace",
        "ns": "replace",
    }
    configuration["clusterIdentifier"] = "1"
