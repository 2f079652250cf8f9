"""The database's chart declares valid objects for every engine, and pods with the fewest privileges."""

from __future__ import annotations

import re
import subprocess

import pytest

from .conftest import SUPPORTED, allows, assert_restricted, pod_templates, pods, policies, validate
from .database_chart import (
    CHART,
    CLIENTS,
    ENGINES,
    EXTERNAL,
    LABELS,
    RESOURCES,
    find_secrets,
    read_engine_file,
    render_database,
)

MATRIX = {
    **{engine: {"engine": engine, "clients": CLIENTS} for engine in ENGINES},
    **{f"{engine} unused": {"engine": engine} for engine in ENGINES},
    "external": {"engine": "postgresql", "clients": CLIENTS, **EXTERNAL},
    "everything": {
        "engine": "postgresql",
        "name": "main",
        "clients": CLIENTS,
        "labels": LABELS,
        "chart": "abc",
        "storage": "20Gi",
        "storageClassName": "fast",
        "resources": RESOURCES,
        "imageRegistry": "r.example/mirror",
        "enabled": True,
        "global": {"a": "b"},
    },
}


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_chart_lints(helm, values):
    done = helm.run("lint", "--strict", str(CHART), values=values)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("version", SUPPORTED)
@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_every_object_is_one_that_kubernetes_knows(helm, values, version):
    objects = helm.objects("database", "release", values)
    assert objects
    validate(objects, version)


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_no_pod_may_do_more_than_its_work(helm, values):
    found = list(pods(helm.objects("database", "release", values)))
    assert found
    for pod in found:
        assert_restricted(pod)
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["runAsGroup"] > 0
        for container in pod["containers"]:
            assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engines_image_is_of_one_version_and_runs_as_somebody(engine):
    file = read_engine_file(engine)
    assert re.fullmatch(r"[a-z]+(/[a-z]+)?:v?\d+\.\d+(\.\d+)?(-[a-z]+)?", file["image"])
    assert isinstance(file["user"], int)
    assert file["user"] > 0


@pytest.mark.parametrize("engine", ENGINES)
def test_pods_run_the_engines_image_as_published_or_from_a_mirror(helm, engine):
    image = read_engine_file(engine)["image"]
    assert {pod["containers"][0]["image"] for pod in pods(render_database(helm, engine))} == {image}
    for pod in pods(render_database(helm, engine, imageRegistry="r.example/mirror")):
        assert pod["containers"][0]["image"] == f"r.example/mirror/{image}"


@pytest.mark.parametrize("engine", ENGINES)
def test_scripts_are_such_that_a_shell_can_read_them(helm, engine):
    for pod in pods(render_database(helm, engine)):
        shell, option, script = pod["containers"][0]["command"]
        assert (shell, option) == ("sh", "-c")
        done = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("engine", ENGINES)
def test_every_pod_of_a_database_has_a_policy(helm, engine):
    objects = render_database(helm, engine)
    for name, template in pod_templates(objects):
        assert any(allows(policy, template["metadata"]["labels"]) for policy in policies(objects).values()), name


@pytest.mark.parametrize("engine", ENGINES)
def test_everything_carries_stack_and_owner(helm, engine):
    for each in render_database(helm, engine, labels=LABELS):
        assert LABELS.items() <= each["metadata"]["labels"].items()


def test_a_name_of_its_own_is_that_of_everything(helm):
    objects = render_database(helm, "valkey", name="cache")
    assert {each["metadata"]["name"] for each in objects} == {"cache", *(f"cache-{client}" for client in CLIENTS)}
    assert find_secrets(objects)["cache-backend"]["REDIS_URL"].endswith("@cache:6379/0")


INVALID = {
    "no engine": ({"engine": ""}, "/engine"),
    "an unknown engine": ({"engine": "mysql"}, "/engine"),
    "an unknown key": ({"replicas": 2}, "replicas"),
    "an unknown key inside": ({"external": {"secret": "x"}}, "secret"),
    "clients that are no list": ({"clients": "backend"}, "/clients"),
    "a client twice": ({"clients": ["a", "a"]}, "/clients"),
    "an odd client": ({"clients": ["a'; DROP"]}, "/clients/0"),
    "an odd name": ({"name": "Main_1"}, "/name"),
    "a size without a unit": ({"storage": "20"}, "/storage"),
    "a label that is no text": ({"labels": {"a": 1}}, "/labels/a"),
    "resources without limits": ({"resources": {"limits": None}}, "/resources"),
}


@pytest.mark.parametrize(("values", "place"), INVALID.values(), ids=INVALID)
def test_invalid_values_are_refused_with_their_place(helm, values, place):
    done = helm.run("template", "x", str(CHART), values={"engine": "valkey", **values})
    assert done.returncode != 0
    assert place in done.stderr, done.stderr
