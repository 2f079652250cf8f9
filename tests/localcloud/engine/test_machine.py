"""The engine whole: a program under it, against the emulated API, with Docker and Helm as notes."""

from __future__ import annotations

import asyncio

import pulumi
import pulumi_digitalocean as digitalocean
import pulumi_docker
import pulumi_kubernetes as kubernetes
import pytest
from pulumi.runtime import set_all_config, set_mocks
from pulumi.runtime.stack import run_pulumi_func

from localcloud.engine import images as images_module
from localcloud.engine import machine as module
from localcloud.engine.change import Change, EngineError, Outcome
from localcloud.engine.images import Images
from localcloud.engine.machine import Machine, plain
from localcloud.machine.command import CommandError

from ..api.conftest import Api


class Docker:
    """An engine that notes what it builds; what was pushed is held."""

    host = "unix:///nowhere"

    def __init__(self):
        self.built, self.held = [], set()

    def build(self, context, tag, *arguments):
        self.built.append((str(context), tag, arguments))

    def push(self, tag):
        self.held.add(tag)


class Cluster:
    """In the place of engine.helm.Cluster."""

    made: list = []

    def __init__(self, *arguments):
        self.kubeconfig = arguments[2]

    def release(self, inputs):
        self.made.append(("release", inputs["name"], inputs["values"]))
        return Outcome("todo/backend", {**inputs, "status": {}}, Change.CREATE)

    def object(self, api_version, kind, inputs):
        self.made.append((api_version, kind, inputs))
        return Outcome("x", inputs, Change.SAME)

    def remove_other_releases(self, namespace, charts, names):
        self.made.append(("prune", namespace, tuple(charts), tuple(names)))
        return ["old"]


@pytest.fixture
def api(tmp_path):
    made = Api(tmp_path)
    yield made
    made.close()


@pytest.fixture
def machine(instance, toolbox, commands, api, monkeypatch):
    monkeypatch.setattr(module, "Cluster", Cluster)
    monkeypatch.setattr(Cluster, "made", [])
    docker = Docker()
    digest = "sha256:" + "1" * 64
    monkeypatch.setattr(Images, "_digest", lambda _, name: digest if name in docker.held else None)
    return Machine(instance=instance, toolbox=toolbox, commands=commands, client=api.client, docker=docker)


def run(machine, program, *, preview=False):
    machine.dry_run = preview

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        set_all_config({})
        set_mocks(machine, project="slipway", stack="local", preview=preview)
        try:
            await run_pulumi_func(program)
        finally:  # what a failure left under way would meet the next test's loop
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*rest, return_exceptions=True)

    asyncio.run(main())
    machine.prune()
    return {(name, change) for _, name, change in machine.changes if change not in {Change.SAME, Change.READ}}


def program():
    class Part(pulumi.ComponentResource):
        def __init__(self):
            super().__init__("slipway:x:Part", "part")

    part = pulumi.ResourceOptions(parent=Part())
    vpc = digitalocean.Vpc("v", name="v", region="fra1", ip_range="10.9.0.0/20", opts=part)
    cluster = digitalocean.KubernetesCluster(
        "c", name="c", region="fra1", version="1.34.4-do.0", vpc_uuid=vpc.id, ha=False,
        node_pool={"name": "p", "size": "s-2vcpu-4gb", "auto_scale": True, "min_nodes": 1, "max_nodes": 2},
    )  # fmt: skip
    image = pulumi_docker.Image(
        "i", image_name="r/backend:1", build={"context": "backend", "args": {"A": "b"}, "platform": "linux/amd64"}
    )
    provider = kubernetes.Provider("k", kubeconfig=pulumi.Output.secret(cluster.kube_configs[0].raw_config))
    inside = pulumi.ResourceOptions(provider=provider)
    kubernetes.core.v1.Secret(
        "s", metadata={"name": "s"}, string_data={"a": pulumi.Output.secret("hidden")}, opts=inside
    )
    kubernetes.helm.v3.Release(
        "backend",
        name="backend",
        chart="helm/service",
        namespace="todo",
        values={"image": image.repo_digest},
        opts=inside,
    )


def test_a_program_is_made_whole_and_only_once(machine):
    assert run(machine, program) == {
        ("v", Change.CREATE),
        ("c", Change.CREATE),
        ("i", Change.CREATE),
        ("backend", Change.CREATE),
        ("old", Change.DELETE),
    }
    assert machine.docker.built == [
        ("backend", "r/backend:1", ("--file=backend/Dockerfile", "--build-arg=A=b", "--platform=linux/amd64"))
    ]
    assert ("release", "backend", {"image": "r/backend@sha256:" + "1" * 64}) in Cluster.made
    assert ("v1", "Secret", {"metadata": {"name": "s"}, "stringData": {"a": "hidden"}}) in [
        each[:3] for each in map(trim, Cluster.made)
    ]
    assert ("prune", "todo", ("service", "database"), ("backend",)) in Cluster.made
    machine.changes.clear()
    assert run(machine, program) == {("backend", Change.CREATE), ("old", Change.DELETE)}  # the fake's own answer
    assert len(machine.docker.built) == 1


def test_databases_that_the_program_declares_are_kept_and_strangers_are_none_of_ours(machine):
    def more():
        program()
        provider = kubernetes.Provider("other", kubeconfig="{}")
        for name, chart in {"valkey": "helm/database", "metrics-server": "metrics-server"}.items():
            kubernetes.helm.v3.Release(
                name,
                name=name,
                chart=chart,
                namespace="todo",
                values={},
                opts=pulumi.ResourceOptions(provider=provider),
            )

    run(machine, more)
    pruned = [each for each in Cluster.made if each[0] == "prune"]
    assert sorted(names for *_, names in pruned) == [("backend",), ("valkey",)]  # one for each cluster


def trim(entry):
    if isinstance(entry[-1], dict):
        return (
            *entry[:-1],
            {key: value for key, value in entry[-1].items() if key in {"metadata", "stringData", "image"}},
        )
    return entry


def test_the_kubeconfig_reaches_helm_as_a_file_of_its_owner(machine):
    run(machine, program)
    (file,) = (machine.instance.run / "kubeconfigs").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "https://127.0.0.1:6500" in file.read_text()


def test_a_preview_before_the_first_up_makes_nothing(machine, api):
    changes = run(machine, program, preview=True)
    assert {("v", Change.CREATE), ("c", Change.CREATE), ("i", Change.CREATE), ("backend", Change.CREATE)} <= changes
    assert machine.docker.built == []
    assert api.do("GET", "/v2/vpcs")["vpcs"] == []


def test_a_resource_that_fails_is_named(machine, monkeypatch):
    def fail(*_):
        raise CommandError("the build broke")

    monkeypatch.setattr(machine.docker, "build", fail)
    with pytest.raises(Exception, match="docker:index/image:Image i: the build broke"):
        run(machine, program)


def test_an_image_that_the_registry_does_not_keep_is_an_error(machine, monkeypatch):
    monkeypatch.setattr(machine.docker, "push", lambda _: None)
    with pytest.raises(Exception, match="was pushed, and the registry does not hold it"):
        run(machine, program)


@pytest.mark.parametrize(
    "work",
    [
        lambda: digitalocean.Droplet("d", image="x", size="s"),
        lambda: pulumi_docker.Network("n"),
        lambda: digitalocean.get_account(),
    ],
)
def test_what_it_does_not_know_is_refused_by_name(machine, work):
    with pytest.raises(Exception, match="not known to the in-process engine; use the Pulumi CLI"):
        run(machine, work)


def test_values_are_as_the_program_wrote_them():
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": {"a": [1.0, 1.5]}}
    assert plain({"s": secret, "n": 3.0, "t": "x"}) == {"s": {"a": [1, 1.5]}, "n": 3, "t": "x"}


def test_the_registry_is_asked_by_the_engine(monkeypatch):
    import requests
    from docker.errors import APIError

    class Client:
        def __init__(self, base_url):
            self.images = self

        def get_registry_data(self, name):
            if "broken" in name:
                raise failure(500)
            if "denied" in name:
                raise failure(403)
            if "missing" in name:
                raise failure(404)
            if "absent" in name:
                raise failure(403, "manifest unknown")  # so says an engine of 20.10
            return type("Data", (), {"id": "sha256:1"})

    def failure(status, why="because"):
        response = requests.Response()
        response.status_code = status
        return APIError("no", response, why)

    monkeypatch.setattr(images_module.sdk, "DockerClient", Client)
    images = Images(Docker(), dry_run=False)
    assert images._digest("r/x:1") == "sha256:1"
    assert images._digest("r/missing:1") is None
    assert images._digest("r/absent:1") is None
    with pytest.raises(EngineError, match="cannot ask the registry for r/denied:1"):
        images._digest("r/denied:1")
    with pytest.raises(EngineError, match="cannot ask the registry for r/broken:1: because"):
        images._digest("r/broken:1")
