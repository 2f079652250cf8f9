"""Our kubernetes and docker providers by Pulumi's own engine, on the cluster and the registry of the local cloud."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import httpx
import psutil
import pytest
from pulumi_project import project

NEVER_READY = """
{{- if .Values.stuck }}
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: x, image: "127.0.0.1:1/no:such"}]}
{{- end }}
"""
SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {text: {{ .Values.text | quote }}}
"""


@pytest.fixture
def name():
    """A namespace that no test before has used."""
    return f"providers-{time.time_ns()}"


@pytest.fixture
def stack(cloud, tmp_path, name):
    chart = tmp_path / "program/tiny"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.1.0\nappVersion: '7'\n")
    (chart / "values.yaml").write_text("text: none\nstuck: false\n")
    (chart / "templates/settings.yaml").write_text(SETTINGS)
    (chart / "templates/deployment.yaml").write_text(NEVER_READY)
    tools = {"SLIPWAY_HELM": str(cloud.helm_path), **cloud.docker_environment}
    with project(tmp_path / "program", "kubernetes", "docker", **tools) as made:
        made.providers = {
            "kubernetes": {"kubeconfig": cloud.instance.kubeconfig.read_text(), "clusterIdentifier": "1"}
        }
        yield made
        made.destroy()
        assert made.state() == {}
    assert cloud.do("get", "namespaces", name, "--ignore-not-found") == ""


def namespace(name, /, **labels):
    return {"type": "kubernetes:core/v1:Namespace", "properties": {"metadata": {"name": name, "labels": labels}}}


def secret(name, /, *, type_=None, **texts):
    properties = {"metadata": {"name": "words", "namespace": name}, "stringData": texts, "type": type_}
    return {"type": "kubernetes:core/v1:Secret", "properties": properties, "after": ["ns"]}


def release(name, release_name="tiny", **properties):
    properties = {"name": release_name, "namespace": name, "chart": "tiny", "timeout": 60, **properties}
    return {"type": "kubernetes:helm.sh/v3:Release", "properties": properties, "after": ["ns"]}


def helm_of(serving_for: int) -> psutil.Process:
    """The helm process below this process, once it runs for as many seconds."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for process in psutil.Process().children(recursive=True):
            try:
                if "upgrade" in process.cmdline() and time.time() - process.create_time() > serving_for:
                    return process
            except psutil.NoSuchProcess:
                continue
        time.sleep(0.2)
    raise AssertionError("no helm runs")


def test_every_change_of_an_object_is_an_update_or_a_replacement(stack, cloud, name):
    stack.resources = {"ns": namespace(name, a="1"), "words": secret(name, a="one")}
    assert {planned[0] for planned in stack.preview().values()} == {"create"}
    stack.up()
    assert stack.preview() == {}
    outputs = stack.state()["words"]["outputs"]
    assert outputs["data"]["plaintext"] == '{"a":"b25l"}'

    stack.resources["ns"] = namespace(name, a="2", b="1")
    assert stack.preview() == {"ns": ("update", {"metadata.labels.a", "metadata.labels.b"})}
    stack.resources["ns"] = namespace(name, name="a label that is called name")
    assert stack.preview()["ns"][0] == "update"
    stack.resources["ns"] = namespace(f"{name}-2")
    assert stack.preview()["ns"] == ("replace", {"metadata.name", "metadata.labels.a"})
    stack.resources["ns"] = namespace(name, b="1")
    stack.up()
    labels = json.loads(cloud.do("get", "namespace", name, "-o", "json"))["metadata"]["labels"]
    assert labels == {"b": "1", "kubernetes.io/metadata.name": name}

    stack.resources["words"] = secret(name, a="two")
    assert stack.preview() == {"words": ("replace", {"stringData.a"})}
    stack.up()
    stack.resources["words"] = secret(name, a="two", type_="slipway/other")
    assert stack.preview() == {"words": ("replace", {"type"})}
    stack.up()
    assert (
        cloud.do("get", "secret", "words", "-n", name, "-o", "jsonpath={.type} {.data}")
        == 'slipway/other {"a":"dHdv"}'
    )
    stack.providers["kubernetes"]["enableSecretMutable"] = "true"
    stack.resources["words"] = secret(name, a="three", type_="slipway/other")
    assert stack.preview()["words"] == ("update", {"stringData.a"})
    stack.up()
    assert cloud.do("get", "secret", "words", "-n", name, "-o", "jsonpath={.data}") == '{"a":"dGhyZWU="}'


def test_what_others_do_to_an_object_is_drift(stack, cloud, name):
    stack.resources = {"ns": namespace(name, a="1", b="1"), "words": secret(name, a="one")}
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
    stack.resources = {"ns": namespace(name)}
    assert f"Namespace {name} exists already; import it" in stack.up(fails=True)
    stack.resources = {"ns": {"type": "kubernetes:core/v1:Namespace", "properties": {}, "id": name}}
    stack.up()
    assert stack.state()["ns"]["outputs"]["status"] == {"phase": "Active"}
    stack.resources = {
        "ns2": namespace(name) | {"import": name},
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
    stack.resources = {"ns": namespace(name) | {"type": "kubernetes:core/v1:ConfigMap"}}
    assert "kubernetes:core/v1:ConfigMap: Slipway's kubernetes provider does not know it" in stack.up(fails=True)
    stack.resources = {"ns": namespace(name)}
    stack.resources["ns"]["properties"]["metadata"]["lables"] = {}
    answer = stack.up(fails=True)
    assert "metadata.lables" in answer
    assert "Slipway's kubernetes provider does not know this input" in answer
    stack.resources = {"tiny": release(name, postrender="x") | {"after": []}}
    answer = stack.up(fails=True)
    assert "postrender" in answer
    assert "Slipway's kubernetes provider does not know this input" in answer
    stack.resources, stack.providers["kubernetes"]["cluster"] = {}, "x"
    assert "Slipway's kubernetes provider does not know this configuration" in stack.up(fails=True)
    del stack.providers["kubernetes"]["cluster"]


def test_only_another_cluster_replaces_what_is_in_it(stack, name):
    stack.resources = {"ns": namespace(name)}
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


def test_every_change_of_a_release_is_an_update_or_a_replacement(stack, cloud, name):
    stack.resources = {"ns": namespace(name), "tiny": release(name, values={"text": "one"}, atomic=True)}
    stack.up()
    assert stack.preview() == {}
    outputs = stack.state()["tiny"]["outputs"]
    status = {"name": "tiny", "namespace": name, "status": "deployed", "revision": 1, "version": "0.1.0"}
    assert outputs["status"] == status | {"chart": "tiny", "appVersion": "7"}
    assert outputs["resourceNames"] == {"ConfigMap/v1": [f"{name}/tiny"]}

    for change, planned in [
        ({"values": {"text": "two"}}, ("update", {"values.text"})),
        ({"timeout": 61}, ("update", {"timeout"})),
        ({"maxHistory": 3}, ("update", {"maxHistory"})),
        ({"description": "x"}, ("update", {"description"})),
        ({"waitForJobs": True}, ("update", {"waitForJobs"})),
        ({"atomic": False}, ("update", {"atomic"})),
        ({"chart": "./tiny"}, ("update", {"chart"})),
        ({"createNamespace": False}, None),
        ({"name": "other"}, ("replace", {"name"})),
        ({"namespace": "default"}, ("replace", {"namespace"})),
    ]:
        changed = {"values": {"text": "one"}, "atomic": True, **change}
        stack.resources["tiny"] = release(name, changed.pop("name", "tiny"), **changed)
        assert stack.preview() == ({} if planned is None else {"tiny": planned}), change
    stack.resources["tiny"] = release(name, "other", values={"text": "two"}, maxHistory=2)
    stack.up()
    releases = json.loads(cloud.helm("list", "-n", name, "--output=json"))
    assert [(each["name"], each["revision"]) for each in releases] == [("other", "1")]
    assert cloud.do("get", "configmap", "other", "-n", name, "-o", "jsonpath={.data.text}") == "two"


def test_what_others_do_to_a_release_is_drift(stack, cloud, name):
    stack.resources = {"ns": namespace(name), "tiny": release(name, values={"text": "one"})}
    stack.up()
    chart = str(stack.folder / "tiny")
    cloud.helm("upgrade", "tiny", chart, "-n", name, "--set=text=other")
    assert stack.preview() == {}
    assert stack.preview("--refresh")["tiny"] == ("update", {"values.text"})
    stack.up("--refresh")
    assert cloud.do("get", "configmap", "tiny", "-n", name, "-o", "jsonpath={.data.text}") == "one"

    cloud.helm("rollback", "tiny", "2", "-n", name)
    stack.refresh()
    assert stack.preview()["tiny"] == ("update", {"values.text"})
    stack.up()
    # Nothing that Pulumi knows of differs, and yet it is not what this stack has made.
    (stack.folder / "tiny/templates/settings.yaml").write_text(SETTINGS + "binaryData: {}\n")
    cloud.helm("upgrade", "tiny", chart, "-n", name, "--set=text=one")
    stack.refresh()
    assert "revision 6 was not made by this stack" in str(stack.state()["tiny"]["initErrors"])
    stack.up()
    assert stack.state()["tiny"]["outputs"]["status"]["revision"] == 7
    assert "initErrors" not in stack.state()["tiny"]

    cloud.helm("uninstall", "tiny", "-n", name, "--wait")
    stack.refresh()
    assert stack.preview() == {"tiny": ("create", set())}


def test_an_existing_release_is_imported_read_or_refused(stack, cloud, name):
    stack.resources = {"ns": namespace(name)}
    stack.up()
    cloud.helm("install", "tiny", str(stack.folder / "tiny"), "-n", name, "--set=text=one")
    stack.resources["tiny"] = release(name, values={"text": "one"})
    assert f"Helm release {name}/tiny exists already; import it" in stack.up(fails=True)
    properties = {"status": None}
    stack.resources["read"] = {
        "type": "kubernetes:helm.sh/v3:Release",
        "properties": properties,
        "id": f"{name}/tiny",
    }
    stack.resources["tiny"] = release(name, values={"text": "one"}, version="0.1.0") | {"import": f"{name}/tiny"}
    stack.resources["tiny"]["properties"]["timeout"] = 300
    stack.up()
    assert stack.state()["read"]["outputs"]["status"]["revision"] == 1
    assert stack.state()["tiny"]["outputs"]["values"] == {"text": "one"}
    assert stack.preview() == {}


def test_a_failed_atomic_release_leaves_nothing_and_says_why(stack, cloud, name):
    stack.resources = {"ns": namespace(name), "tiny": release(name, values={"stuck": True}, atomic=True, timeout=4)}
    answer = stack.up(fails=True)
    assert f"Helm release {name}/tiny failed" in answer
    assert "context deadline exceeded" in answer
    assert set(stack.state()) == {"ns"}
    assert json.loads(cloud.helm("list", "-n", name, "--output=json")) == []

    stack.resources["tiny"] = release(name, values={"text": "one"}, atomic=True)
    stack.up()
    stack.resources["tiny"] = release(name, values={"stuck": True}, atomic=True, timeout=4)
    stack.up(fails=True)
    assert stack.state()["tiny"]["inputs"]["values"] == {"text": "one"}
    assert cloud.do("get", "deployments", "-n", name) == ""


def test_a_failed_non_atomic_release_is_repaired_by_the_next_update(stack, cloud, name):
    """Until then it stays in the state as failed."""
    stack.resources = {"ns": namespace(name), "tiny": release(name, values={"stuck": True}, timeout=4)}
    stack.up(fails=True)
    assert "context deadline exceeded" in str(stack.state()["tiny"]["initErrors"])
    assert stack.state()["tiny"]["outputs"]["status"]["status"] == "failed"
    stack.refresh()
    assert "revision 1 is failed" in str(stack.state()["tiny"]["initErrors"])
    stack.resources["tiny"] = release(name, values={"stuck": False})
    stack.up()
    assert "initErrors" not in stack.state()["tiny"]


def test_a_release_of_a_run_that_was_killed_is_mended(stack, cloud, name):
    stack.resources = {"ns": namespace(name), "tiny": release(name, values={"stuck": True})}
    stack.write()
    running = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview"], cwd=stack.folder, env=stack.environment, stdout=subprocess.PIPE
    )
    helm_of(serving_for=2).kill()
    assert running.communicate()[0]
    assert json.loads(cloud.helm("list", "-n", name, "--pending", "--output=json"))[0]["status"] == "pending-install"
    stack.resources["tiny"] = release(name, values={"stuck": False})
    assert "an earlier run left revision 1 'pending-install'" in stack.up()
    assert stack.state()["tiny"]["outputs"]["status"]["status"] == "deployed"


def test_what_a_run_made_that_could_not_write_it_down_is_taken_over(stack, cloud, name):
    stack.resources = {"ns": namespace(name), "tiny": release(name, values={"text": "one"})}
    stack.up()
    for urn in (stack.state()["tiny"]["urn"], stack.state()["ns"]["urn"]):
        stack.pulumi("state", "delete", urn, "--yes")
    stack.resources["tiny"] = release(name, values={"text": "two"})
    stack.up()
    assert stack.state()["tiny"]["outputs"]["status"]["revision"] == 2


def test_an_interrupted_update_ends_helm_and_the_provider_goes_on(stack, cloud, name):
    stack.resources = {"ns": namespace(name), "tiny": release(name, values={"stuck": True}, timeout=300)}
    stack.write()
    running = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview"], cwd=stack.folder, env=stack.environment, stdout=subprocess.PIPE
    )
    helm = helm_of(serving_for=2)
    started = time.monotonic()
    os.kill(running.pid, signal.SIGINT)
    running.communicate()
    assert time.monotonic() - started < 30
    assert not helm.is_running()
    assert "cancelled while helm was at work" in str(stack.state()["tiny"]["initErrors"])
    stack.resources["tiny"] = release(name, values={"stuck": False})
    stack.up()


def test_releases_in_parallel(stack, cloud, name):
    names = [f"tiny-{number}" for number in range(6)]
    stack.resources = {"ns": namespace(name)} | {
        each: release(name, each, values={"text": each, "nothing": None}) for each in names
    }
    stack.up()
    assert stack.preview() == {}
    for each in names:
        assert cloud.do("get", "configmap", each, "-n", name, "-o", "jsonpath={.data.text}") == each


@pytest.fixture
def image(stack, cloud):
    """An image of a tag that no test before has pushed."""
    context = stack.folder / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nARG TEXT\nLABEL text=$TEXT\nCOPY Dockerfile /\n")
    stack.providers = {}
    tag = f"{cloud.instance.registry}/providers/image:{time.time_ns()}"
    properties = {"imageName": tag, "build": {"context": "context", "args": {"TEXT": "one"}}}
    stack.resources = {"image": {"type": "docker:index/image:Image", "properties": properties}}
    return properties


def test_a_tag_that_the_registry_holds_is_never_built_again(stack, image):
    assert stack.preview() == {"image": ("create", set())}
    stack.up()
    made = stack.state()["image"]["outputs"]
    repository = image["imageName"].rpartition(":")[0]
    assert made["repoDigest"].startswith(f"{repository}@sha256:")
    assert made["baseImageName"] == image["imageName"]
    assert stack.preview() == {}
    stack.refresh()
    assert stack.preview() == {}

    image["build"]["args"] = {"TEXT": "two"}
    (stack.folder / "context/Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /other\n")
    assert stack.preview() == {"image": ("update", {"build.args.TEXT"})}
    assert f"the registry holds {image['imageName']}: it is not built again" in stack.up()
    assert stack.state()["image"]["outputs"]["repoDigest"] == made["repoDigest"]
    stack.pulumi("state", "delete", stack.state()["image"]["urn"], "--yes")
    assert "it is not built again" in stack.up()
    assert stack.state()["image"]["outputs"]["repoDigest"] == made["repoDigest"]
    image["imageName"] += "-next"
    assert stack.preview() == {"image": ("update", {"imageName"})}
    stack.up()
    assert stack.state()["image"]["outputs"]["repoDigest"] != made["repoDigest"]
    assert stack.preview() == {}


def test_an_image_that_the_registry_lost_is_built_anew(stack, image, cloud):
    stack.up()
    repository, _, digest = stack.state()["image"]["outputs"]["repoDigest"].partition("@")
    host, _, path = repository.partition("/")
    httpx.delete(f"http://{host}/v2/{path}/manifests/{digest}", auth=cloud.registry_auth).raise_for_status()
    stack.refresh()
    assert stack.state() == {}
    assert stack.preview() == {"image": ("create", set())}
    stack.up()
    assert stack.state()["image"]["outputs"]["repoDigest"] == f"{repository}@{digest}"


def test_a_failed_build_says_why(stack, image):
    (stack.folder / "context/Dockerfile").write_text("FROM scratch\nCOPY nothing /\n")
    answer = stack.up(fails=True)
    assert f"cannot build {image['imageName']}" in answer
    assert '"/nothing" not found' in answer
    assert stack.state() == {}
    stack.resources = {}
