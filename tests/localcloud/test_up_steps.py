"""Which steps `up` has, what they need and what they ask of the parts."""

from __future__ import annotations

import graphlib

from localcloud import disk
from localcloud.cloud import LocalCloud
from localcloud.deployment import Deployment
from localcloud.machine import cgroups, docker, mounts, network, objects, packages
from localcloud.machine.etcd import Etcd
from localcloud.machine.public_images import PublicImages, base_images, database_images
from localcloud.machine.toolbox import Toolbox
from localcloud.pulumi_engine import cli
from localcloud.pulumi_engine.plugins import Plugins
from localcloud.stack import Stack, checkout
from localcloud.up_steps import list_client_steps, list_steps
from tests.localcloud.conftest import Supervisor


def test_step_graph_is_complete_and_acyclic(cloud):
    steps = {step.name: step for step in list_steps(cloud)}
    assert {need for step in steps.values() for need in step.needs} <= set(steps)
    graphlib.TopologicalSorter({name: step.needs for name, step in steps.items()}).prepare()


def test_builds_start_at_once(cloud):
    steps = {step.name: step for step in list_steps(cloud)}
    assert not steps["compile Kubernetes"].needs
    assert not steps["get the Pulumi CLI"].needs
    assert "compile Kubernetes" not in steps["get the Python base image"].needs


def test_public_images_come_before_the_deployment(cloud):
    steps = {step.name: step for step in list_steps(cloud)}
    for name in base_images(cloud.stack):
        assert steps[f"get the image {name}"].needs == ["get the Python base image"]
    for name in database_images(cloud.stack):
        assert steps[f"get the image {name}"].needs == ["get the Python base image", "start the registry"]
    images = {f"get the image {name}" for name in [*base_images(cloud.stack), *database_images(cloud.stack)]}
    assert images <= set(steps["deploy"].needs)


def test_only_images_of_selected_services_are_fetched(instance, monkeypatch):
    monkeypatch.setattr(docker, "address", lambda: None)
    whole = Stack(instance, checkout(), {})
    stack = Stack(instance, checkout(), {"slipway:services": whole.only(["backend"])})
    cloud = LocalCloud(instance, stack)
    names = [step.name for step in list_steps(cloud) if step.name.startswith(("get the Python", "get the image"))]
    postgresql, valkey, _ = database_images(whole)
    assert names == ["get the Python base image", f"get the image {postgresql}", f"get the image {valkey}"]
    assert [name for name in cloud.ports() if name in {"backend", "chatbot-frontend"}] == ["backend"]


def record_calls(monkeypatch):
    """Replace what the steps call; returns the list of what was called."""
    seen = []
    monkeypatch.setattr(packages, "install", lambda *_: seen.append("install"))
    monkeypatch.setattr(cgroups, "create", lambda name: seen.append(f"group {name}"))
    monkeypatch.setattr(network, "create", lambda *_: seen.append("network"))
    monkeypatch.setattr(docker, "install_builder", lambda *_: seen.append("builder"))
    monkeypatch.setattr(objects, "apply", lambda *_: seen.append("objects"))
    monkeypatch.setattr(mounts, "create", lambda *_: seen.append("mounts"))
    monkeypatch.setattr(disk, "remove_old_images", lambda *_: seen.append("old images"))
    monkeypatch.setattr(disk, "remove_old_contexts", lambda *_: seen.append("old contexts"))
    monkeypatch.setattr(Etcd, "answers", lambda _: True)
    monkeypatch.setattr(Etcd, "save_snapshot", lambda *_: seen.append("snapshot"))
    monkeypatch.setattr(objects, "push_images", lambda *_: seen.append("images"))
    monkeypatch.setattr(PublicImages, "ensure_python", lambda *_: seen.append("python"))
    monkeypatch.setattr(PublicImages, "ensure", lambda _, name, __: seen.append(f"get the image {name}"))
    monkeypatch.setattr(PublicImages, "push", lambda _, name, to: seen.append(f"push {name} {to}"))
    monkeypatch.setattr(Deployment, "up", lambda *_: "live")
    monkeypatch.setattr(cli, "get", lambda *_: seen.append("CLI"))
    monkeypatch.setattr(cli, "find", lambda _: "the CLI")
    monkeypatch.setattr(Plugins, "install", lambda _, program, *__: seen.append(f"plugins by {program}"))
    for name in ("fetch_debian", "build_kubernetes", "build_clients", "remove_build_cache"):
        monkeypatch.setattr(Toolbox, name, lambda *_, name=name: seen.append(name))
    return seen


def test_each_step_does_what_its_name_says(cloud, monkeypatch):
    supervisor = cloud.__dict__["supervisor"] = Supervisor()
    seen = record_calls(monkeypatch)
    for step in list_steps(cloud):
        if step.name == "get the Python base image":
            monkeypatch.setattr(docker, "address", lambda: "unix:///x")
        step.work(lambda **_: None)
    bases, databases = base_images(cloud.stack), database_images(cloud.stack)
    assert bases
    assert databases
    assert set(seen) == {
        "install",
        "group slipway-8",
        "network",
        "mounts",
        "snapshot",
        "old images",
        "old contexts",
        "builder",
        "objects",
        "images",
        "python",
        *(f"get the image {name}" for name in [*bases, *databases]),
        *(f"push {name} {cloud.instance.registry}" for name in databases),
        "fetch_debian",
        "build_kubernetes",
        "build_clients",
        "remove_build_cache",
        "CLI",
        "plugins by the CLI",
    }
    assert cloud.live == "live"
    forwards = {f"forward-{name}" for name in cloud.stack.services()}
    assert {"dockerd", "registry", *forwards, "etcd", "kubelet", "digitalocean-api"} <= set(supervisor.seen)


def test_tool_steps_need_no_machine(cloud):
    steps = list_client_steps(cloud)
    assert [step.name for step in steps] == [
        "unpack Debian programs",
        "compile Helm and kubectl",
        "get the Pulumi CLI",
        "get provider plugins",
    ]
    assert {need for step in steps for need in step.needs} <= {step.name for step in steps}


def test_deploy_waits_for_everything_it_runs(cloud):
    needs = {step.name: step.needs for step in list_steps(cloud)}
    waits_for, left = set(), ["deploy"]
    while left:
        new = set(needs[left.pop()]) - waits_for
        waits_for |= new
        left += new
    tools = {"compile Kubernetes", "compile Helm and kubectl", "get the Pulumi CLI", "get provider plugins"}
    assert {*tools, "start the node", "start the registry", "start the DigitalOcean API"} <= waits_for
