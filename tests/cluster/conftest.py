"""Tests of what `make up` left running: HEAD's release, to begin with and in the end.

To bring HEAD up again takes half a minute. So a test that deploys something else (`other_release`) leaves it, and the next
one that needs HEAD brings it up; one that does not says so (`any_release`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pulumi_project import project

from localcloud.cloud import LocalCloud
from localcloud.instance import Instance
from localcloud.machine import registry
from localcloud.stack import Stack, checkout
from tests.cluster.provider_project import write_chart
from tests.cluster.user import sign_up


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.timeout(600))


class Cloud:
    """The instance under test, and commands against it."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        local = LocalCloud(instance, Stack(instance, checkout(), {}))
        self.urls = {
            name: f"http://127.0.0.1:{instance.service_port(port)}" for name, port in local.stack.node_ports().items()
        }
        self.url = self.urls["backend"]
        self.kubectl_path, self.helm_path = local.toolbox.kubectl, local.toolbox.helm
        self.docker_host, self.docker_environment = local.engine.host, local.engine.environment
        self.registry_auth = registry.credentials(instance).auth
        os.environ["DOCKER_CONFIG"] = str(registry.docker_config(instance))  # for `delivery` and its commands

    def kubectl(self, *words: str) -> dict:
        command = [self.kubectl_path, f"--kubeconfig={self.instance.kubeconfig}", "-n", "todo-app", *words]
        return json.loads(subprocess.run([*command, "-o", "json"], check=True, capture_output=True, text=True).stdout)

    def do(self, *words: str) -> str:
        command = [self.kubectl_path, f"--kubeconfig={self.instance.kubeconfig}", "-n", "todo-app", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def helm(self, *words: str) -> str:
        command = [self.helm_path, f"--kubeconfig={self.instance.kubeconfig}", "-n", "todo-app", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def pods(self, service: str = "backend") -> list[dict]:
        found = self.kubectl("get", "pods", "-l", f"app.kubernetes.io/instance={service}")["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def pod_names(self, service: str = "backend") -> set[str]:
        return {pod["metadata"]["name"] for pod in self.pods(service)}

    def images(self, service: str) -> set[str]:
        return {pod["spec"]["containers"][0]["image"] for pod in self.pods(service)}

    def version(self) -> str:
        """The release that the backend says it runs."""
        return httpx.get(f"{self.url}/version").json()["sha"]

    def pull(self, image: str) -> None:
        """Have an image of the registry in the Docker Engine, which keeps only the newest ones."""
        environment = {**os.environ, **self.docker_environment}
        subprocess.run(["docker", "pull", "--quiet", image], check=True, capture_output=True, env=environment)

    def built_images(self) -> int:
        """How many images the engine has built here so far."""
        lines = (self.instance.logs / "deploy.log").read_text().splitlines()
        return sum("docker:index:Image" in line and ("creating" in line or "updating" in line) for line in lines)

    def localcloud(self, folder: Path, *words: str) -> str:
        """What `slipway local` of a checkout prints; fails when it does."""
        done = self.run(folder, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def up(self, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """`slipway local up` of another checkout."""
        return self.run(folder, "up", *words)

    def run(self, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """`slipway local` of another checkout."""
        command = [sys.executable, "-m", "slipway", "local", *words]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)


_left_by: list[str] = []  # the tests since HEAD's release was brought up last, which may have left another one


def bring_head_up(cloud: Cloud) -> None:
    if _left_by:
        done = cloud.up(checkout())
        assert done.returncode == 0, f"after {', '.join(_left_by)}:\n{done.stdout}{done.stderr}"
        _left_by.clear()


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    made = Cloud(Instance.from_environment())
    yield made
    bring_head_up(made)


@pytest.fixture
def user(cloud) -> Iterator[httpx.Client]:
    """The backend as a new user asks it: on a new connection each time, as a kept one leads to the pod of before."""
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=cloud.url, cookies=sign_up(cloud.url), timeout=10, limits=limits) as client:
        yield client


@pytest.fixture(autouse=True)
def _head(request):
    """HEAD's release runs when a test begins, unless any will do."""
    if _left_by and "any_release" not in request.fixturenames:
        bring_head_up(request.getfixturevalue("cloud"))


@pytest.fixture
def any_release():
    """For a test that begins with whatever release runs."""


@pytest.fixture
def other_release(request, cloud):
    """For a test that may leave another release than HEAD's."""
    yield
    _left_by.append(request.node.name)


class Clone:
    """A clone of this repository in which tests may commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
        command = ["git", *identity, *words]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, file: str, text: str, *, append: bool = True) -> str:
        """Write a file and commit it; the commit's twelve digits."""
        path = self.folder / file
        path.write_text((path.read_text() if append and path.exists() else "") + text)
        self.git("add", file)
        self.git("commit", "-q", "-m", f"change {file}")
        return self.git("rev-parse", "HEAD")[:12]


@pytest.fixture
def clone(tmp_path):
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", checkout(), folder], check=True, capture_output=True)
    return Clone(folder)


@pytest.fixture
def name():
    """The name of a namespace that no earlier test has used."""
    return f"providers-{time.time_ns()}"


@pytest.fixture
def stack(cloud, tmp_path, name):
    """An empty stack of our kubernetes and docker providers, which is destroyed after the test."""
    write_chart(tmp_path / "program/tiny")
    tools = {"SLIPWAY_HELM": str(cloud.helm_path), **cloud.docker_environment}
    with project(tmp_path / "program", "kubernetes", "docker", **tools) as made:
        made.providers = {
            "kubernetes": {"kubeconfig": cloud.instance.kubeconfig.read_text(), "clusterIdentifier": "1"}
        }
        yield made
        made.destroy()
        assert made.state() == {}
    assert cloud.do("get", "namespaces", name, "--ignore-not-found") == ""
