from __future__ import annotations

import base64
import json

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from delivery.images.registry import ImageRepository, Manifest
from delivery.outcome import DeliveryError, MissingError, RefusedError, UnreachableError
from tests.delivery.served import served
from tests.delivery.tls import certified


def test_a_tag_given_to_a_digest_leaves_the_digest_as_it_is(registry):
    # Odd spacing: to write the manifest anew would give it another digest.
    digest = registry.push("acme/backend", "abc", '{"mediaType":   "x", "layers": [ ]}')
    repository = ImageRepository(f"{registry.host}/acme/backend")
    manifest = repository.manifest("abc")
    assert manifest.digest == digest
    repository.tag(manifest, "v1.0.0")
    repository.tag(manifest, "v1.0.0")
    assert repository.manifest("v1.0.0").digest == repository.manifest(digest).digest == digest


def test_what_is_not_there_is_none(registry):
    assert ImageRepository(f"{registry.host}/acme/backend").manifest("abc") is None


def test_a_tag_is_never_taken_from_another_image(registry):
    registry.push("acme/backend", "v1.0.0", '{"mediaType": "x", "one": 1}')
    registry.push("acme/backend", "abc")
    repository = ImageRepository(f"{registry.host}/acme/backend")
    with pytest.raises(RefusedError, match="v1.0.0 is sha256:.* already"):
        repository.tag(repository.manifest("abc"), "v1.0.0")


def test_a_registry_that_answers_a_digest_with_something_else_is_not_believed(registry):
    digest = registry.push("acme/backend", "abc")
    registry.manifests[f"acme/backend:{digest}"] = '{"mediaType": "x", "another": 1}'
    with pytest.raises(DeliveryError, match="the registry cannot be trusted"):
        ImageRepository(f"{registry.host}/acme/backend").manifest(digest)


def test_a_registry_that_is_not_there_is_unreachable():
    with pytest.raises(UnreachableError, match="does not answer for abc"):
        ImageRepository("127.0.0.1:9/acme/backend").manifest("abc")


def test_the_docker_login_is_used_and_a_missing_one_is_named(tmp_path, monkeypatch):
    wanted = "Basic " + base64.b64encode(b"ada:pa55word").decode()

    def manifest(request):
        if request.headers.get("authorization") != wanted:
            return JSONResponse({}, 401, headers={"www-authenticate": 'Basic realm="registry"'})
        return Response('{"mediaType": "x"}', media_type="x")

    monkeypatch.setattr("delivery.images.registry.LOOPBACK", ())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
    app = Starlette(routes=[Route("/v2/acme/backend/manifests/abc", manifest)])
    with served(app, **certified(tmp_path)) as url:
        repository = ImageRepository(f"{url.removeprefix('https://')}/acme/backend")
        with pytest.raises(MissingError, match="log in first: `doctl registry login`"):
            repository.manifest("abc")
        login = {"auths": {repository.name.partition("/")[0]: {"auth": wanted.removeprefix("Basic ")}}}
        (tmp_path / "config.json").write_text(json.dumps(login))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        assert repository.manifest("abc").text == '{"mediaType": "x"}'


def answering(handler, *methods):
    """A registry that answers every request of these methods by one function."""
    return Starlette(routes=[Route("/v2/{path:path}", handler, methods=list(methods) or ["GET"])])


def test_a_full_registry_is_said_to_be_full_and_not_a_missing_right():
    def full(_):
        message = "registry contains 5 repositories, limit is 5"
        return JSONResponse({"errors": [{"code": "DENIED", "message": message}]}, 403)

    with served(answering(full, "PUT")) as url:
        repository = ImageRepository(f"{url.removeprefix('http://')}/acme/backend")
        with pytest.raises(RefusedError, match=r"limit is 5.* what to do: docs/runbook.md, 'Full registry'"):
            repository.write(Manifest("sha256:" + "a" * 64, '{"mediaType": "x"}'), "abc")


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ('{"layers": []}', "application/vnd.oci.image.manifest.v1+json"),
        ('{"manifests": []}', "application/vnd.oci.image.index.v1+json"),
        ('{"mediaType": "x", "layers": []}', "x"),
    ],
)
def test_a_manifest_that_does_not_say_its_type_is_written_as_what_it_is(text, type_):
    seen = []

    async def put(request):
        seen.append((request.headers["content-type"], (await request.body()).decode()))
        return Response(status_code=201)

    with served(answering(put, "PUT")) as url:
        ImageRepository(f"{url.removeprefix('http://')}/acme/backend").write(
            Manifest("sha256:" + "a" * 64, text), "abc"
        )
    assert seen == [(type_, text)]


@pytest.mark.parametrize("text", ["<html>", "[]", '{"manifests": [{}]}', '{"manifests": 5}', "null"])
def test_a_list_of_referrers_that_is_none_is_an_error_and_no_traceback(text):
    with served(answering(lambda _: Response(text))) as url:
        repository = ImageRepository(f"{url.removeprefix('http://')}/acme/backend")
        with pytest.raises(UnreachableError, match="the list of what refers to sha256:abc is none"):
            repository.referrers("sha256:abc")
