from __future__ import annotations

import base64
import hashlib
import json
import os

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from delivery.images.docker_login import find_docker_login
from delivery.images.manifest import Manifest
from delivery.images.registry import ImageRepository
from delivery.outcome import DeliveryError, MissingError, RefusedError, UnreachableError
from infra.source.registry_login import Login
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


def test_a_registry_that_returns_another_manifest_is_not_trusted(registry):
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

    monkeypatch.setattr("delivery.images.registry_client.LOOPBACK", ())
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


def backend(url):
    return ImageRepository(f"{url.removeprefix('http://')}/acme/backend")


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
def test_a_manifest_is_pushed_with_the_media_type_of_its_content(text, type_):
    seen = []

    async def put(request):
        seen.append((request.headers["content-type"], (await request.body()).decode()))
        return Response(status_code=201)

    with served(answering(put, "PUT")) as url:
        ImageRepository(f"{url.removeprefix('http://')}/acme/backend").write(
            Manifest("sha256:" + "a" * 64, text), "abc"
        )
    assert seen == [(type_, text)]


NOT_A_LIST = ["<html>", "[]", '{"manifests": [{}]}', '{"manifests": 5}', '{"manifests": {}}', "null", "{"]
NOT_A_MANIFEST = [
    "",
    "null",
    "[]",
    "7",
    "<html><title>Sign in</title>",
    '{"layers": 5}',
    '{"layers": [{"digest": null}]}',
    '{"config": "sha256:abc"}',
    '{"manifests": [{"digest": "../../etc"}]}',
    '{"schemaVersion": 2, "layers": [{"dig',
]


@pytest.mark.parametrize("text", NOT_A_LIST)
def test_an_invalid_list_of_referrers_is_an_error_without_traceback(text):
    with (
        served(answering(lambda _: Response(text))) as url,
        pytest.raises(DeliveryError, match="the list of what refers to sha256:abc is not as expected"),
    ):
        backend(url).referrers("sha256:abc")


@pytest.mark.parametrize("text", ["<html>", "[]", '{"tags": 5}', "null", '{"tags": "abc"}', "{"])
def test_a_list_of_tags_that_is_none_is_an_error_and_no_traceback(text):
    with (
        served(answering(lambda _: Response(text))) as url,
        pytest.raises(DeliveryError, match="its tags is not as expected"),
    ):
        backend(url).tags()


@pytest.mark.parametrize("text", NOT_A_MANIFEST)
def test_what_is_no_manifest_is_an_error_that_begins_with_what_it_is(text):
    with (
        served(answering(lambda _: Response(text))) as url,
        pytest.raises(DeliveryError, match="acme/backend: abc: sha256:.* is no manifest of an image"),
    ):
        backend(url).manifest("abc")


def test_bytes_that_are_no_text_are_an_error_and_no_traceback():
    with (
        served(answering(lambda _: Response(b"\xff\xfe"))) as url,
        pytest.raises(DeliveryError, match="answer for abc is not as expected"),
    ):
        backend(url).manifest("abc")


def test_an_untyped_manifest_keeps_the_content_type_of_the_registry():
    put = []
    other = "application/vnd.docker.distribution.manifest.v2+json"

    async def answer(request):
        if request.method == "PUT":
            put.append(request.headers["content-type"])
            return Response(status_code=201)
        found = "3f2a" in request.url.path
        return Response('{"layers": []}', media_type=f"{other}; charset=utf-8") if found else Response("", 404)

    with served(answering(answer, "GET", "PUT")) as url:
        backend(url).tag(backend(url).manifest("3f2a"), "v1.0.0")
    assert put == [other]


def test_a_long_list_of_tags_is_read_page_by_page():
    def tags(request):
        page = int(request.query_params.get("page", 0))
        more = {"link": f'</v2/acme/backend/tags/list?page={page + 1}>; rel="next"'} if page < 2 else {}
        return JSONResponse({"tags": [f"t{page}"]}, headers=more)

    with served(answering(tags)) as url:
        assert backend(url).tags() == ["t0", "t1", "t2"]


def test_pages_without_an_end_are_an_error():
    more = {"link": '</v2/acme/backend/tags/list?page=1>; rel="next"'}
    with (
        served(answering(lambda _: JSONResponse({"tags": ["t"]}, headers=more))) as url,
        pytest.raises(DeliveryError, match="its pages have no end"),
    ):
        backend(url).tags()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_request_is_retried_after_a_temporary_registry_failure(status):
    replies = [status, status, 200]
    with served(answering(lambda _: Response('{"layers": []}', replies.pop(0)))) as url:
        assert backend(url).manifest("abc").text == '{"layers": []}'


def test_a_registry_that_asks_for_a_long_pause_is_not_waited_for():
    with (
        served(answering(lambda _: Response("", 429, headers={"retry-after": "4711"}))) as url,
        pytest.raises(UnreachableError, match="takes no more requests for now; try again after 4711 s"),
    ):
        backend(url).manifest("abc")


@pytest.mark.parametrize("value", ["soon", "-5", "Wed, 21 Oct 2015 07:28:00 GMT", ""])
def test_a_pause_that_is_none_is_no_traceback(value):
    with (
        served(answering(lambda _: Response("", 429, headers={"retry-after": value}))) as url,
        pytest.raises(UnreachableError, match="takes no more requests for now; try again later"),
    ):
        backend(url).manifest("abc")


def test_a_write_that_succeeded_without_an_answer_is_not_repeated():
    put, manifest = [], Manifest("sha256:" + hashlib.sha256(b'{"layers": []}').hexdigest(), '{"layers": []}')

    def answer(request):
        if request.method == "PUT":
            put.append(request.url.path)
            return Response("", 502)
        return Response(manifest.text) if put else Response("", 404)

    with served(answering(answer, "GET", "PUT")) as url:
        backend(url).write(manifest, "v1.0.0")
    assert len(put) == 1


def test_a_write_that_did_not_happen_is_repeated():
    put, manifest = [], Manifest("sha256:" + "a" * 64, '{"layers": []}')

    def answer(request):
        if request.method == "PUT":
            put.append(request.url.path)
            return Response("", 502 if len(put) == 1 else 201)
        return Response("", 404)

    with served(answering(answer, "GET", "PUT")) as url:
        backend(url).write(manifest, "v1.0.0")
    assert len(put) == 2


def test_a_refusal_of_another_kind_quotes_the_registry():
    with (
        served(answering(lambda _: Response("<h1>teapot</h1>", 418))) as url,
        pytest.raises(DeliveryError, match="answers 418 for abc: <h1>teapot</h1>"),
    ):
        backend(url).manifest("abc")


def test_redirects_without_an_end_are_unreachable():
    with (
        served(answering(lambda request: RedirectResponse(request.url.path))) as url,
        pytest.raises(UnreachableError, match="does not answer for abc: Exceeded 30 redirects"),
    ):
        backend(url).manifest("abc")


def test_a_redirect_from_https_to_http_is_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr("delivery.images.registry_client.LOOPBACK", ())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
    with served(answering(lambda _: Response('{"layers": []}'))) as plain:
        app = answering(lambda request: RedirectResponse(plain + request.url.path))
        with served(app, **certified(tmp_path)) as url, pytest.raises(UnreachableError, match="without TLS"):
            ImageRepository(f"{url.removeprefix('https://')}/acme/backend").manifest("abc")


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
def test_a_docker_configuration_that_cannot_be_read_is_said_to_be_so(monkeypatch, tmp_path, text):
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
