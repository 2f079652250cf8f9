"""The objects that every cluster of this machine has."""

from __future__ import annotations

import shutil

import pytest
import yaml

from localcloud.machine import objects
from localcloud.machine.place import Ranges
from tests.localcloud.conftest import Fake


def test_system_images_are_pushed_once(instance, toolbox, monkeypatch):
    toolbox.binaries.mkdir(parents=True)
    for name in ("pause", "coredns"):
        (toolbox.binaries / name).write_bytes(b"x")
    held = set()

    class Engine:
        calls: list = []

        def run(self, *command):
            self.calls.append(command)

        def push(self, reference):
            held.add(reference)

    def head(url, headers, auth):
        name = url.split("/v2/")[1].replace("/manifests/", ":")
        return type("Reply", (), {"status_code": 200 if f"{instance.registry}/{name}" in held else 404})

    monkeypatch.setattr(objects.loopback, "head", head)
    for _ in range(2):
        objects.push_images(instance, toolbox, Engine())
    assert len(Engine.calls) == 2
    assert 'ENTRYPOINT ["/pause"]' in Engine.calls[0]
    assert f"{instance.registry}/slipway/pause:1" in held
    assert instance.registry in held.pop()


def test_system_objects_name_the_image_and_offer_volumes(instance, toolbox, monkeypatch):
    seen = {}
    monkeypatch.setattr(objects.os, "chown", lambda *_: None)

    class Commands:
        def run(self, command, *, log, stdin):
            seen.update(command=command, stdin=stdin)

    objects.apply(instance, toolbox, Commands())
    documents = list(yaml.safe_load_all(seen["stdin"]))
    kinds = [document["kind"] for document in documents]
    assert kinds.count("PersistentVolume") == objects.VOLUMES
    deployment = next(document for document in documents if document["kind"] == "Deployment")
    image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.startswith("127.0.0.1:6300/slipway/coredns:")
    assert "$" not in seen["stdin"]


@pytest.fixture
def managed(instance, toolbox, monkeypatch):
    """Applies the objects of an account's cluster, and lists the commands of it, with their input."""
    monkeypatch.setattr(objects.os, "chown", lambda *_: None)
    instance.create_folders()
    instance.run.mkdir(parents=True, exist_ok=True)
    commands = Fake()

    def apply(name_server="10.253.80.1"):
        seen = []
        commands.run = lambda command, *, log, stdin: seen.append((" ".join(command), stdin))
        objects.SystemObjects(
            place=instance,
            toolbox=toolbox,
            commands=commands,
            registry=instance.registry,
            ranges=Ranges(pods="10.100.0.0/16", services="10.101.0.0/19"),
            name_servers=[name_server],
            managed=True,
        ).apply()
        return seen

    return apply


def test_managed_objects_are_applied_on_change_and_on_cluster_start(managed, instance):
    assert (len(managed()), len(managed()), len(managed("10.253.81.1")), len(managed("10.253.81.1"))) == (3, 0, 3, 0)
    shutil.rmtree(instance.run)
    instance.run.mkdir()
    assert len(managed("10.253.81.1")) == 3


def test_managed_clusters_have_what_digitaloceans_have(managed, toolbox):
    seen = managed()
    order = [command.partition("kubeconfig.yaml ")[2].split()[0] for command, _ in seen]
    assert order == ["apply", "wait", "apply"]
    assert str(toolbox.gateway_api) in seen[0][0]
    documents = list(yaml.safe_load_all(seen[-1][1]))
    found = {(each["kind"], each["metadata"]["name"]): each for each in documents}
    defaults = {
        name: each["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"]
        for (kind, name), each in found.items()
        if kind == "StorageClass"
    }
    assert defaults == {"standard": "false", "do-block-storage": "true"}
    assert found["GatewayClass", "cilium"]["spec"] == {"controllerName": "traefik.io/gateway-controller"}
    assert found["Service", "kube-dns"]["spec"]["clusterIP"] == "10.101.0.10"
    assert found["Deployment", "coredns"]["spec"]["replicas"] == 2
    assert "forward . 10.253.80.1 {" in found["ConfigMap", "coredns"]["data"]["Corefile"]
    volumes = [each["spec"] for (kind, _), each in found.items() if kind == "PersistentVolume"]
    assert len(volumes) == 2 * objects.VOLUMES
    assert not any("nodeAffinity" in each for each in volumes)
