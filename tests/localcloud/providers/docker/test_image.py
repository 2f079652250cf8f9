"""Images with a docker that is a note; tests/cluster has the same with a real engine and registry."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from infra.source.image_digest import DigestError
from infra.source.registry_login import Login
from localcloud.machine.command import CommandError, Commands
from localcloud.providers.checks import add_defaults, problems
from localcloud.providers.difference import changes
from localcloud.providers.docker import image as module
from localcloud.providers.docker.image import Image
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Resource
from localcloud.providers.values import UNKNOWN

NAME = "registry.example:5000/todo/backend:abc"
DIGEST = "sha256:" + "1" * 64


class Docker(Commands):
    """Notes commands; a push has the registry hold the tag."""

    def __init__(self, registry):
        super().__init__()
        self.calls, self.environments, self.registry, self.fails = [], [], registry, ""
        self.logins = []

    def run(self, command, *, log, environment=None, on_line=None, **_):
        words = [str(word) for word in command]
        self.calls.append(words)
        self.environments.append(environment or {})
        if self.fails and self.fails in words:
            raise CommandError("`docker…` ended with status 1; the whole log is x\n    no space left")
        if "--config" in words:
            self.logins.append(json.loads((Path(words[words.index("--config") + 1]) / "config.json").read_text()))
        if "push" in words:
            self.registry[words[-1]] = DIGEST
        return ""


@pytest.fixture
def registry(monkeypatch):
    held = {}
    monkeypatch.setattr(module, "find_digest", lambda name, login: held.get(name))
    monkeypatch.setattr(module, "build_command", lambda *_: ["docker", "build"])
    return held


@pytest.fixture
def docker(registry):
    return Docker(registry)


def inputs(**build):
    return add_defaults({"imageName": NAME, "build": {"context": "ctx", **build}}, Image.inputs)


def test_image_is_built_with_all_inputs_and_pushed(docker):
    given = inputs(
        dockerfile="ctx/x/Dockerfile", args={"SECRET": "hidden"}, platform="linux/amd64", target="last",
        network="host", addHosts=["a:1"], cacheFrom={"images": ["b"]},
    )  # fmt: skip
    made = Image(docker).create(given, 0)
    build, push = docker.calls
    assert build == [
        "docker", "build", "--file=ctx/x/Dockerfile", f"--tag={NAME}", "--build-arg=SECRET", "--add-host=a:1",
        "--cache-from=b", "--network=host", "--platform=linux/amd64", "--target=last", "ctx",
    ]  # fmt: skip
    assert docker.environments[0] == {"SECRET": "hidden", "DOCKER_BUILDKIT": "1"}
    assert push == ["docker", "push", "--quiet", NAME]
    assert made.identity == NAME
    assert made.outputs["repoDigest"] == f"registry.example:5000/todo/backend@{DIGEST}"
    assert made.outputs["registryServer"] == "registry.example:5000"
    assert made.outputs["baseImageName"] == NAME


def test_held_tag_is_neither_built_nor_pushed(docker, registry):
    registry[NAME] = DIGEST
    image = Image(docker)
    made = image.create(inputs(), 0)
    again = image.update(Resource(NAME, inputs(), made.outputs), inputs(args={"A": "2"}), 0)
    assert docker.calls == []
    assert again.outputs["repoDigest"] == made.outputs["repoDigest"]


LOGIN = {"server": "registry.example:5000", "username": "pusher", "password": "hidden"}


def test_login_pushes_from_a_file_and_asks_for_the_digest(docker, registry, monkeypatch):
    asked = []
    monkeypatch.setattr(module, "find_digest", lambda name, login: asked.append(login) or registry.get(name))
    Image(docker).create({**inputs(), "registry": LOGIN}, 0)
    build, push = docker.calls
    assert "--config" not in build  # which pulls base images with the user's own logins
    assert (push[0], push[-3:]) == ("docker", ["push", "--quiet", NAME])
    assert "hidden" not in str(docker.calls)
    assert "hidden" not in str(docker.environments)
    (configuration,) = docker.logins
    assert configuration == {
        "auths": {"registry.example:5000": {"auth": base64.b64encode(b"pusher:hidden").decode()}}
    }
    assert not Path(push[push.index("--config") + 1]).exists()
    assert set(asked) == {Login("pusher", "hidden")}


@pytest.mark.parametrize("registry_input", [None, {"server": "x"}, {**LOGIN, "username": "", "password": ""}])
def test_without_a_login_dockers_own_counts(docker, registry_input):
    Image(docker).create({**inputs(), "registry": registry_input}, 0)
    assert docker.logins == []


@pytest.mark.parametrize("password", ["renewed", UNKNOWN])
def test_another_login_is_no_change_of_an_image(password):
    """As in the official provider: pulumi-docker's diff has the server alone."""
    old, new = ({"registry": {**LOGIN, "password": text}} for text in ("before", password))
    assert changes(old, new, Image.inputs) == []
    other = {"registry": {**LOGIN, "server": "another"}}
    assert [change.path for change in changes(old, other, Image.inputs)] == ["registry.server"]


def test_tag_pushed_during_the_build_is_kept(docker, registry, monkeypatch):
    answers = iter([None, DIGEST])
    monkeypatch.setattr(module, "find_digest", lambda *_: next(answers))
    Image(docker).create(inputs(), 0)
    assert not any("push" in words for words in docker.calls)


@pytest.mark.parametrize(("word", "message"), [("build", "cannot build"), ("push", "cannot push")])
def test_failure_has_dockers_message(docker, word, message):
    docker.fails = word
    with pytest.raises(ProviderError, match=f"{message} {NAME}:\n    no space left"):
        Image(docker).create(inputs(), 0)


def test_push_must_reach_the_registry(docker):
    docker.registry = {}
    with pytest.raises(ProviderError, match="was pushed, and the registry does not hold it"):
        Image(docker).create(inputs(), 0)


def test_preview_has_the_digest_of_a_held_tag(docker, registry, monkeypatch):
    image = Image(docker)
    assert image.preview(inputs())["repoDigest"] is UNKNOWN
    old = Resource(NAME, inputs(), {**inputs(), "repoDigest": "old"})
    assert image.preview_update(old, inputs(args={"A": "2"}))["repoDigest"] == "old"
    other = {**inputs(), "imageName": f"{NAME}2"}
    assert image.preview_update(old, other)["repoDigest"] is UNKNOWN
    registry[f"{NAME}2"] = DIGEST
    assert image.preview_update(old, other)["repoDigest"].endswith(DIGEST)
    assert image.preview({"imageName": UNKNOWN, "build": UNKNOWN})["baseImageName"] is UNKNOWN

    def unreachable(*_):
        raise DigestError("no engine")

    monkeypatch.setattr(module, "find_digest", unreachable)
    assert image.preview(inputs())["repoDigest"] is UNKNOWN
    with pytest.raises(ProviderError, match="no engine"):
        image.create(inputs(), 0)
    assert docker.calls == []


def test_read_asks_the_registry(docker, registry):
    image = Image(docker)
    assert image.read(NAME, {}) is None
    registry[NAME] = DIGEST
    found = image.read(NAME, {})
    assert found.inputs == {"imageName": NAME, "buildOnPreview": False, "skipPush": False}
    renamed = image.read("the id of an older name", {**inputs(), "repoDigest": "x"})
    assert renamed.inputs == inputs()
    image.delete(found, 0)
    assert registry == {NAME: DIGEST}


def test_unsupported_inputs_are_refused_by_name():
    given = inputs(builderVersion="BuilderV1", ssh=["x"])
    given |= {"registry": {"server": "x", "email": "x"}, "skipPush": True, "buildOnPreview": True}
    found = [path for path, _ in problems(given, Image.inputs, "unknown")]
    assert sorted(found) == ["build.builderVersion", "build.ssh", "buildOnPreview", "registry.email", "skipPush"]
    assert list(problems(inputs(builderVersion="BuilderBuildKit"), Image.inputs, "unknown")) == []


@pytest.mark.parametrize(
    ("name", "server", "reference"),
    [
        ("backend", "docker.io", "backend"),
        ("todo/backend:1", "docker.io", "todo/backend"),
        ("localhost/backend", "localhost", "localhost/backend"),
        ("registry.example:5000/backend", "registry.example:5000", "registry.example:5000/backend"),
    ],
)
def test_names_with_and_without_registry_and_tag(docker, registry, name, server, reference):
    registry[name] = DIGEST
    outputs = Image(docker).create({"imageName": name}, 0).outputs
    assert outputs["registryServer"] == server
    assert outputs["repoDigest"] == f"{reference}@{DIGEST}"
    assert (outputs["context"], outputs["dockerfile"]) == (".", "Dockerfile")
