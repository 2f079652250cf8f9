"""The Docker Engine pulls a public image or builds its fallback image, and pushes it to a registry."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from localcloud import versions
from localcloud.machine import docker as docker_module
from localcloud.machine.public_images import (
    FALLBACK_IMAGES,
    LABEL,
    PublicImageError,
    PublicImages,
)

from ..conftest import Images


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


def read_build(calls):
    """The recipe of the last fallback image, and the build command without it."""
    head, label, rest = calls[-1].partition(f"--label {LABEL}=")
    assert label
    recipe, _, rest = rest.partition(" ")
    return recipe, head + rest


def test_fallback_gets_the_name_of_the_image(images, calls, notes, report):
    images.engine.commands.fail = ["docker pull"]
    images.ensure("node:24-slim", report)
    _, call = read_build(calls)
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
    recipe, _ = read_build(calls)
    assert len(calls) == 1  # a fallback image is not pulled again
    monkeypatch.setattr(engine_images, "labels", {LABEL: recipe})
    images.ensure("node:24-slim", report)
    assert len(calls) == 1
    (context / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nRUN true\n")
    images.ensure("node:24-slim", report)
    assert read_build(calls)[0] != recipe


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
