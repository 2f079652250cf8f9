"""The table of contents: which steps there are, what they need and what they ask of the parts."""

from __future__ import annotations

import graphlib
import shutil

import pytest
import yaml

from localcloud import cloud as module
from localcloud import down
from localcloud.cloud import LocalCloud, checkout
from localcloud.instance import LARGEST_NUMBER, Instance
from localcloud.machine import docker, objects, registry
from localcloud.machine.etcd import Etcd
from localcloud.machine.place import Ranges
from localcloud.machine.public_images import base_images, database_images
from localcloud.pulumi_engine.plugins import Plugins
from localcloud.stack import Stack
from tests.localcloud.conftest import Fake


@pytest.fixture
def cloud(instance, monkeypatch):
    monkeypatch.setattr(docker, "address", lambda: None)
    return LocalCloud(instance, Stack(instance, checkout(), {}))


class Supervisor:
    """Notes what is started."""

    def __init__(self, states=None):
        self.seen, self._states = [], states or {}

    def states(self):
        return self._states

    def start(self, daemons):
        self.seen += [f"known {daemon.name}" for daemon in daemons]

    def ensure(self, name, ready, seconds):
        self.seen.append(name)


def test_step_graph_is_complete_and_acyclic(cloud):
    steps = {step.name: step for step in cloud.steps()}
    assert {need for step in steps.values() for need in step.needs} <= set(steps)
    graphlib.TopologicalSorter({name: step.needs for name, step in steps.items()}).prepare()


def test_builds_start_at_once(cloud):
    steps = {step.name: step for step in cloud.steps()}
    assert not steps["compile Kubernetes"].needs
    assert not steps["get the Pulumi CLI"].needs
    assert "compile Kubernetes" not in steps["get the Python base image"].needs


def test_public_images_come_before_the_deployment(cloud):
    steps = {step.name: step for step in cloud.steps()}
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
    names = [step.name for step in cloud.steps() if step.name.startswith(("get the Python", "get the image"))]
    postgresql, valkey, _ = database_images(whole)
    assert names == ["get the Python base image", f"get the image {postgresql}", f"get the image {valkey}"]
    assert [name for name in cloud.ports() if name in {"backend", "chatbot-frontend"}] == ["backend"]


def test_own_docker_runs_only_if_no_other_answers(cloud, monkeypatch):
    assert cloud.daemons()[0].name == "dockerd"
    monkeypatch.setattr(docker, "address", lambda: "unix:///var/run/docker.sock")
    assert "dockerd" not in [daemon.name for daemon in cloud.daemons()]
    cloud.__dict__["supervisor"] = Supervisor({"dockerd": "RUNNING"})
    assert cloud.daemons()[0].name == "dockerd"


def test_every_forwarded_port_is_checked(cloud):
    listening = {
        int(word.split(":")[1].split(",")[0])
        for daemon in cloud.daemons()
        for word in map(str, daemon.command)
        if word.startswith("TCP-LISTEN")
    }
    own = {cloud.instance.api_port, cloud.instance.dashboard_port}
    assert listening | own == set(cloud.ports().values())


def test_the_status_page_is_of_this_instance_and_nothing_waits_for_it(cloud):
    page = next(daemon for daemon in cloud.daemons() if daemon.name == "dashboard")
    assert page.environment["SLIPWAY_INSTANCE"] == str(cloud.instance.number)
    assert page.environment["SLIPWAY_CACHE"] == str(cloud.instance.cache)
    assert str(cloud.instance.dashboard_port) in page.command
    assert [step.name for step in cloud.steps() if "start the status page" in step.needs] == []


def test_no_two_instances_share_a_port(cloud):
    numbers = range(LARGEST_NUMBER + 1)
    instances = [Instance(number=number, cache=cloud.instance.cache) for number in numbers]
    others = {
        port
        for each in instances
        for port in (each.registry_port, each.account_registry_port, each.apiserver_port, each.api_port)
    }
    pages = {each.dashboard_port for each in instances}
    assert len(pages) == len(instances)
    assert not pages & others


def test_api_token_is_not_on_the_command_line(cloud):
    api = next(daemon for daemon in cloud.daemons() if daemon.name == "digitalocean-api")
    token = api.environment["DIGITALOCEAN_TOKEN"]
    assert token.startswith("dop_v1_")
    password = registry.credentials(cloud.instance).password
    assert password in api.environment["REGISTRY_URL"]
    assert not [word for word in map(str, api.command) if token in word or password in word]


def test_steps_do_what_their_names_say(cloud, monkeypatch):
    supervisor = cloud.__dict__["supervisor"] = Supervisor()
    seen = []
    monkeypatch.setattr(module.packages, "install", lambda *_: seen.append("install"))
    monkeypatch.setattr(module.cgroups, "create", lambda name: seen.append(f"group {name}"))
    monkeypatch.setattr(module.network, "create", lambda *_: seen.append("network"))
    monkeypatch.setattr(module.docker, "install_builder", lambda *_: seen.append("builder"))
    monkeypatch.setattr(module.objects, "apply", lambda *_: seen.append("objects"))
    monkeypatch.setattr(module.mounts, "create", lambda *_: seen.append("mounts"))
    monkeypatch.setattr(module.disk, "remove_old_images", lambda *_: seen.append("old images"))
    monkeypatch.setattr(module.disk, "remove_old_contexts", lambda *_: seen.append("old contexts"))
    monkeypatch.setattr(Etcd, "answers", lambda _: True)
    monkeypatch.setattr(Etcd, "save_snapshot", lambda *_: seen.append("snapshot"))
    monkeypatch.setattr(module.objects, "push_images", lambda *_: seen.append("images"))
    monkeypatch.setattr(module.PublicImages, "ensure_python", lambda *_: seen.append("python"))
    monkeypatch.setattr(module.PublicImages, "ensure", lambda _, name, __: seen.append(f"get the image {name}"))
    monkeypatch.setattr(module.PublicImages, "push", lambda _, name, to: seen.append(f"push {name} {to}"))
    monkeypatch.setattr(module.Deployment, "up", lambda *_: "live")
    monkeypatch.setattr(module.cli, "get", lambda *_: seen.append("CLI"))
    monkeypatch.setattr(module.cli, "find", lambda _: "the CLI")
    monkeypatch.setattr(Plugins, "install", lambda _, cli, *__: seen.append(f"plugins by {cli}"))
    for name in ("fetch_debian", "build_kubernetes", "build_clients", "remove_build_cache"):
        monkeypatch.setattr(module.Toolbox, name, lambda *_, name=name: seen.append(name))
    for step in cloud.steps():
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
    steps = cloud.tool_steps()
    assert [step.name for step in steps] == [
        "unpack Debian programs",
        "compile Helm and kubectl",
        "get the Pulumi CLI",
        "get provider plugins",
    ]
    assert {need for step in steps for need in step.needs} <= {step.name for step in steps}


def test_deploy_waits_for_everything_it_runs(cloud):
    needs = {step.name: step.needs for step in cloud.steps()}
    waits_for, left = set(), ["deploy"]
    while left:
        new = set(needs[left.pop()]) - waits_for
        waits_for |= new
        left += new
    tools = {"compile Kubernetes", "compile Helm and kubectl", "get the Pulumi CLI", "get provider plugins"}
    assert {*tools, "start the node", "start the registry", "start the DigitalOcean API"} <= waits_for


def test_command_before_the_first_up_names_it(cloud, monkeypatch):
    monkeypatch.setattr(module.cli, "find", lambda _: None)
    monkeypatch.setattr(docker, "address", lambda: "unix:///x")
    with pytest.raises(module.cli.MissingCliError, match="run `make up`"):
        _ = cloud.workspace


def test_docker_clients_have_the_registry_login(cloud, monkeypatch):
    monkeypatch.setattr(docker, "address", lambda: "unix:///x")
    assert cloud.engine.environment["DOCKER_CONFIG"] == str(registry.docker_config(cloud.instance))


def test_missing_docker_is_reported(cloud):
    with pytest.raises(docker.DockerError, match="run `make up` again"):
        _ = cloud.engine


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


def test_managed_clusters_objects_are_applied_when_they_change_and_when_the_cluster_comes_up(managed, instance):
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


def test_down_ends_programs_shims_mounts_and_network(instance, commands, monkeypatch, tmp_path):
    seen = []
    shim = type(
        "Shim",
        (),
        {
            "info": {
                "name": "containerd-shim-runc-v2",
                "cmdline": ["-address", str(instance.run / "containerd.sock")],
            },
            "kill": lambda _: seen.append("shim"),
        },
    )()
    stranger = type(
        "Shim",
        (),
        {
            "info": {"name": "containerd-shim-runc-v2", "cmdline": ["-address", "/other"]},
            "kill": lambda _: seen.append("stranger"),
        },
    )()
    monkeypatch.setattr(down.cluster_removal.cluster_network, "INTERFACES", tmp_path / "none")
    monkeypatch.setattr(down.Supervisor, "stop", lambda _: seen.append("stop"))
    monkeypatch.setattr(down.cgroups, "end", lambda name: seen.append(name))
    monkeypatch.setattr(down.network, "remove", lambda *_: seen.append("network"))
    monkeypatch.setattr(down.shims.psutil, "process_iter", lambda _: [shim, stranger])
    monkeypatch.setattr(down.shims.psutil, "wait_procs", lambda *_, **__: None)
    mounts = tmp_path / "mounts"
    mounts.write_text(f"x {instance.run}/a t r 0 0\nx {instance.run}/a/b\\040c t r 0 0\nx /elsewhere t r 0 0\n")
    monkeypatch.setattr(down.mounts, "MOUNTS", mounts)
    monkeypatch.setattr(down.sysctls, "restore", lambda: seen.append("settings"))
    monkeypatch.setattr(down.docker, "candidates", lambda: iter(()))
    monkeypatch.setattr(down.DatabaseNetwork, "remove", lambda _: seen.append("databases"))
    monkeypatch.setattr(type(commands), "run", lambda _, command, **__: seen.append(command[-1]))
    down.down(instance, commands)
    assert seen == [
        "stop",
        "databases",
        "slipway-8",
        "shim",
        f"{instance.run}/a/b c",
        f"{instance.run}/a",
        "network",
        "settings",
    ]
    assert not instance.run.exists()


def test_down_stops_clusters_and_services_of_the_account(instance, commands, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(down.cluster_removal.cluster_network, "INTERFACES", tmp_path / "none")
    monkeypatch.setattr(down.Supervisor, "stop", lambda self: seen.append(self.instance.run.name))
    monkeypatch.setattr(down.cluster_removal, "stop", lambda cluster, _: seen.append(cluster.name))
    for name in ("8-1", "8-databases", "80-1"):
        instance.run.with_name(name).mkdir()
    for owner, name in [
        (down.cgroups, "end"),
        (down.shims, "end"),
        (down.mounts, "unmount"),
        (down.network, "remove"),
        (down.DatabaseNetwork, "remove"),
    ]:
        monkeypatch.setattr(owner, name, lambda *_: None)
    monkeypatch.setattr(down.docker, "candidates", lambda: iter("x"))
    down.down(instance, commands)
    assert seen[:2] == ["8", "slipway-8-1"]
    assert set(seen[2:]) == {"8-1", "8-databases"}
    assert instance.run.with_name("80-1").exists()
    assert not instance.run.with_name("8-databases").exists()


def test_purge_removes_instance_or_shared_files(instance, commands):
    instance.create_folders()
    other = instance.cache / "instances/3"
    other.mkdir()
    instance.tools.mkdir()
    down.purge(instance, commands)
    assert not instance.home.exists()
    assert down.purge_shared(instance, commands) == ["3"]
    assert instance.tools.exists()
    other.rmdir()
    assert down.purge_shared(instance, commands) == []
    assert not instance.cache.exists()
    assert down.others_up(instance) == []


def test_purge_keeps_users_files(instance, commands):
    instance.create_folders()
    instance.tools.mkdir()
    own = instance.cache / "holiday.jpg"
    own.write_text("mine")
    down.purge(instance, commands)
    down.purge_shared(instance, commands)
    assert [path.name for path in instance.cache.iterdir()] == ["holiday.jpg"]


def test_unmarked_folder_is_not_purged(instance, commands):
    document = instance.home / "thesis.tex"
    document.write_text("mine")
    for purge in (down.purge, down.purge_shared):
        with pytest.raises(down.PurgeError, match="nothing in it was removed"):
            purge(instance, commands)
    assert document.exists()
