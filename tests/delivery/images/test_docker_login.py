"""A registry is asked with the login of Docker's configuration or of its credential helper."""

from __future__ import annotations

import base64
import json
import os

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from delivery.images.docker_login import find_docker_login
from delivery.images.registry import ImageRepository
from delivery.outcome import MissingError
from infra.source.registry_login import Login
from tests.delivery.images.repository_server import open_repository
from tests.delivery.served import served
from tests.delivery.tls import certified


def test_the_docker_login_is_used_and_a_missing_one_is_named(tmp_path, monkeypatch):
    wanted = "Basic " + base64.b64encode(b"ada:pa55word").decode()

    def manifest(request):
        if request.headers.get("authorization") != wanted:
            return JSONResponse({}, 401, headers={"www-authenticate": 'Basic realm="registry"'})
        return Response('{"mediaType": "x"}', media_type="x")

    monkeypatch.setattr("delivery.images.registry_client.LOOPBACK", ())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
    app = Starlette(routes=[Route("/v2/acme/backend/manifests/abc", manifest)])
    with served(app, **certified(tmp_path)) as url:
        repository = open_repository(url)
        with pytest.raises(MissingError, match="log in first: `doctl registry login`"):
            repository.manifest("abc")
        login = {"auths": {repository.name.partition("/")[0]: {"auth": wanted.removeprefix("Basic ")}}}
        (tmp_path / "config.json").write_text(json.dumps(login))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        assert repository.manifest("abc").text == '{"mediaType": "x"}'


def configure_docker(monkeypatch, folder, text):
    (folder / "config.json").write_text(text)
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))


@pytest.mark.parametrize("text", ['{"credsStore": "desktop"}', '{"credHelpers": {"127.0.0.1:9": "desktop"}}'])
def test_a_credential_helper_that_is_not_installed_is_named(monkeypatch, tmp_path, text):
    configure_docker(monkeypatch, tmp_path, text)
    with pytest.raises(MissingError, match="docker-credential-desktop for 127.0.0.1:9"):
        ImageRepository("127.0.0.1:9/acme/backend").manifest("v1.0.0")


@pytest.mark.parametrize(
    "text",
    [
        "7",
        "[1]",
        '{"auths": []',
        '{"auths": 5}',
        '{"auths": {"127.0.0.1:9": 5}}',
        '{"auths": {"127.0.0.1:9": {"auth": "%"}}}',
        '{"auths": {"127.0.0.1:9": {"auth": "YWJj"}}}',
        '{"credHelpers": 5}',
    ],
)
def test_an_invalid_docker_configuration_is_an_error(monkeypatch, tmp_path, text):
    configure_docker(monkeypatch, tmp_path, text)
    with pytest.raises(MissingError, match=r"Docker's config.json cannot be read"):
        ImageRepository("127.0.0.1:9/acme/backend").manifest("v1.0.0")


def test_the_login_of_a_credential_helper_is_used(monkeypatch, tmp_path):
    helper = tmp_path / "docker-credential-own"
    helper.write_text('#!/bin/sh\necho \'{"Username": "ada", "Secret": "pa55word"}\'\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    configure_docker(monkeypatch, tmp_path, '{"credsStore": "own"}')
    assert find_docker_login("registry.digitalocean.com") == Login("ada", "pa55word")
