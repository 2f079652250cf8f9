from __future__ import annotations

import pytest
from docker.errors import DockerException, ImageNotFound

from localcloud import docker as module
from localcloud import versions
from localcloud.command import CommandError
from localcloud.docker import DockerError, Engine


class Fake:
    """Commands that are noted; those with a word of `fail` in them fail."""

    def __init__(self, fail=(), answers=None):
        self.calls, self.fail, self.answers = [], fail, answers or {}

    def run(self, command, **_):
        line = " ".join(map(str, command))
        self.calls.append(line)
        if any(part in line for part in self.fail):
            raise CommandError(line)
        return next((answer for part, answer in self.answers.items() if part in line), "")


class Images:
    """An engine's images; `labels` are those of the base image, None where there is none."""

    labels: dict | None = None
    answers = True

    def __init__(self, base_url, timeout=None):
        self.images = self

    def ping(self):
        if not self.answers:
            raise DockerException("no")
        return True

    def get(self, name):
        if self.labels is None:
            raise ImageNotFound(name)
        return self


@pytest.fixture
def engine_images(monkeypatch):
    monkeypatch.setattr(module.docker, "DockerClient", Images)
    monkeypatch.setattr(Images, "labels", None)
    monkeypatch.setattr(Images, "answers", True)
    return Images


@pytest.fixture
def engine(tmp_path):
    return Engine("unix:///x", Fake(), tmp_path / "log")


def base_image(engine, tmp_path, notes=None):
    (tmp_path / "python.tar").touch()
    engine.ensure_base_image(tmp_path, lambda note: (notes if notes is not None else []).append(note))
    return engine.commands.calls


def test_an_engine_that_answers_is_found_in_the_documented_order(engine_images, monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", "tcp://here:1")
    assert module.address() == "tcp://here:1"
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setattr(module, "PUBLIC_SOCKET", tmp_path / "public")
    monkeypatch.setattr(module, "SHARED_SOCKET", tmp_path / "shared")
    assert module.address() is None
    (tmp_path / "shared").touch()
    assert module.address() == f"unix://{tmp_path}/shared"
    (tmp_path / "public").touch()
    assert module.address() == f"unix://{tmp_path}/public"
    monkeypatch.setattr(engine_images, "answers", False)
    assert module.address() is None


def test_an_engine_of_our_own_keeps_its_images_in_the_cache_and_its_packets_small_enough(instance):
    command = " ".join(map(str, module.daemon(instance).command))
    assert f"--data-root={instance.cache}/docker" in command
    assert f"--mtu={module._mtu()}" in command
    assert 500 < module._mtu() <= 9000


def test_a_base_image_that_is_there_is_used(engine, engine_images, tmp_path, monkeypatch):
    monkeypatch.setattr(engine_images, "labels", {})
    assert base_image(engine, tmp_path) == []


def test_a_base_image_is_pulled_where_it_can_be(engine, engine_images, tmp_path):
    calls = base_image(engine, tmp_path)
    assert calls == [f"timeout 120 docker pull --quiet {versions.PYTHON_BASE_IMAGE}"]


def test_where_nothing_can_be_pulled_a_stand_in_is_made_of_debian_packages(engine, engine_images, tmp_path):
    engine.commands.fail = ["docker pull"]
    notes = []
    _, make, load = base_image(engine, tmp_path, notes)
    assert make.startswith("mmdebstrap --variant=minbase --include=ca-certificates,python3,")
    assert load.endswith(versions.PYTHON_BASE_IMAGE)
    assert "ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt" in load
    assert notes[-1].startswith("no public registry")
    assert not (tmp_path / "python.tar").exists()


def test_a_stand_in_of_an_older_recipe_is_made_anew(engine, engine_images, tmp_path, monkeypatch):
    monkeypatch.setattr(engine_images, "labels", {module.STAND_IN_LABEL: "older"})
    assert [call.split()[0] for call in base_image(engine, tmp_path)] == ["mmdebstrap", "docker"]


@pytest.mark.parametrize(
    ("fail", "version", "good"),
    [
        ((), "", True),
        (("buildx",), "Docker version 20.10.24, build x", True),
        (("buildx",), "Docker version 28.2.2, build x", False),
    ],
)
def test_a_client_is_used_only_if_it_has_buildkit(tmp_path, monkeypatch, fail, version, good):
    client = tmp_path / "docker"
    client.touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    commands = Fake(fail, {"--version": version})
    if good:
        assert module.build_command(commands, tmp_path / "log") == [str(client), "build"]
    else:
        with pytest.raises(DockerError, match="install docker-buildx"):
            module.build_command(commands, tmp_path / "log")


def test_a_client_that_is_missing_is_installed(tmp_path, monkeypatch):
    client = tmp_path / "docker"
    monkeypatch.setenv("PATH", str(tmp_path))
    commands = Fake(fail=["docker-cli"])
    run = commands.run

    def install(command, **options):
        if "docker-buildx" in command:
            client.touch()
        return run(command, **options)

    commands.run = install
    module.install_builder(commands, tmp_path / "log")
    assert any("docker-buildx" in call for call in commands.calls)


def test_a_build_is_tagged_and_pushed_through_the_engine(engine, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "build_command", lambda *_: ["docker", "build"])
    engine.build(tmp_path, "r/x:1", "--build-arg=A=b")
    engine.push("r/x:1")
    assert engine.commands.calls == [
        f"docker build --build-arg=A=b --tag r/x:1 {tmp_path}",
        "docker push --quiet r/x:1",
    ]
    assert engine.environment == {"DOCKER_HOST": "unix:///x", "DOCKER_BUILDKIT": "1"}
