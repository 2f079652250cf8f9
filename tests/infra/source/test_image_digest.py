from __future__ import annotations

import pulumi
import pytest
import requests
from docker.errors import APIError, DockerException

from infra.source import image_digest
from infra.source.image_digest import DigestError, confirm_digest

from ..recorder import DIGEST

asked = image_digest.find_digest  # before the fixture of conftest replaces it


class Engine:
    """A Docker Engine whose answer to the question is given."""

    def __init__(self, answer):
        self.images = self
        self.answer = answer

    def get_registry_data(self, reference, auth_config):
        self.login = auth_config
        if isinstance(self.answer, Exception):
            raise self.answer
        return type("Data", (), {"id": self.answer})


def engine(monkeypatch, answer):
    monkeypatch.setattr(image_digest, "_client", lambda: Engine(answer))


def failure(status, explanation):
    response = requests.Response()
    response.status_code = status
    return APIError("no", response, explanation)


def test_the_registrys_answer_is_the_digest(monkeypatch):
    engine(monkeypatch, DIGEST)
    assert asked("r/x:1") == DIGEST


@pytest.mark.parametrize(
    ("status", "explanation"),
    [(404, "manifest unknown: manifest unknown"), (404, "no such image"), (403, "name unknown: repository x")],
)
def test_a_tag_that_is_not_there_has_none(monkeypatch, status, explanation):
    engine(monkeypatch, failure(status, explanation))
    assert asked("r/x:1") is None


@pytest.mark.parametrize("answer", [failure(500, "connection refused"), DockerException("no socket")])
def test_no_answer_is_an_error_and_not_an_absence(monkeypatch, answer):
    engine(monkeypatch, answer)
    with pytest.raises(DigestError, match="r/x:1"):
        asked("r/x:1")


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_login_is_not_taken_for_a_missing_image(monkeypatch, status):
    engine(monkeypatch, failure(status, "denied: requested access to the resource is denied"))
    with pytest.raises(DigestError, match="log in first: `doctl registry login`"):
        asked("r/x:1")


def test_the_engine_asked_is_the_one_of_the_environment(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    image_digest._client.cache_clear()
    with pytest.raises(DigestError, match="no Docker Engine to ask the registry for r/x:1 with"):
        asked("r/x:1")
    image_digest._client.cache_clear()


def test_a_digest_that_the_registry_confirms_is_taken():
    assert confirm_digest(f"r/x@{DIGEST}", "r/x:1") == DIGEST


@pytest.mark.parametrize("reported", ["<none>@<none>", "r/x:1", "", "r/x@sha256:123"])
def test_an_invalid_digest_is_refused(reported):
    with pytest.raises(DigestError, match="is no digest"):
        confirm_digest(reported, "r/x:1")


def test_a_missing_image_is_refused_with_the_command_to_rebuild_it(monkeypatch):
    monkeypatch.setattr(image_digest, "find_digest", lambda *_: None)
    with pytest.raises(DigestError, match=r"holds no such tag; .*--replace '\*\*Image::backend-image'"):
        confirm_digest(f"r/x/backend@{DIGEST}", "r/x/backend:3f2a91c4d5e6")


def test_a_digest_that_the_registry_does_not_hold_is_refused():
    with pytest.raises(DigestError, match=f"and the registry holds {DIGEST}"):
        confirm_digest("r/x@sha256:" + "6" * 64, "r/x:1")


def test_the_program_asks_after_a_build_and_not_in_a_preview(repository, monkeypatch):
    def refuse(*_):
        raise DigestError("asked")

    monkeypatch.setattr(image_digest, "find_digest", refuse)
    repository.deploy("local", preview=True)


def test_a_preview_of_what_is_not_built_yet_shows_all_the_rest(repository, monkeypatch):
    warned = []
    monkeypatch.setattr(image_digest, "find_digest", lambda *_: None)
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: warned.append(text))
    recorder = repository.deploy("prod", preview=True)
    [text] = warned
    assert "  - backend: registry.digitalocean.com/" in text
    assert "`pulumi up` will refuse this release until it does" in text
    assert any(made.type.endswith(":Release") for made in recorder.resources), [
        made.type for made in recorder.resources
    ]
