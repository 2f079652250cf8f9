"""An `ImageRepository` reads, tags, writes and lists the manifests of a registry."""

from __future__ import annotations

import hashlib

import pytest
from starlette.responses import JSONResponse, Response

from delivery.images.manifest import Manifest
from delivery.images.registry import ImageRepository
from delivery.outcome import DeliveryError, RefusedError
from tests.delivery.images.repository_server import serve_repository


def test_a_tag_given_to_a_digest_leaves_the_digest_as_it_is(registry):
    # Odd spacing: to write the manifest anew would give it another digest.
    digest = registry.push("acme/backend", "abc", '{"mediaType":   "x", "layers": [ ]}')
    repository = ImageRepository(f"{registry.host}/acme/backend")
    manifest = repository.manifest("abc")
    assert manifest.digest == digest
    repository.tag(manifest, "v1.0.0")
    repository.tag(manifest, "v1.0.0")
    assert repository.manifest("v1.0.0").digest == repository.manifest(digest).digest == digest


def test_a_missing_tag_is_none(registry):
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

    with serve_repository(put, "PUT") as repository:
        repository.write(Manifest("sha256:" + "a" * 64, text), "abc")
    assert seen == [(type_, text)]


INVALID_LISTS = ["<html>", "[]", '{"manifests": [{}]}', '{"manifests": 5}', '{"manifests": {}}', "null", "{"]
INVALID_MANIFESTS = [
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


@pytest.mark.parametrize("text", INVALID_LISTS)
def test_an_invalid_list_of_referrers_is_an_error_without_traceback(text):
    with (
        serve_repository(lambda _: Response(text)) as repository,
        pytest.raises(DeliveryError, match="the list of what refers to sha256:abc is not as expected"),
    ):
        repository.referrers("sha256:abc")


@pytest.mark.parametrize("text", ["<html>", "[]", '{"tags": 5}', "null", '{"tags": "abc"}', "{"])
def test_an_invalid_list_of_tags_is_an_error_without_traceback(text):
    with (
        serve_repository(lambda _: Response(text)) as repository,
        pytest.raises(DeliveryError, match="its tags is not as expected"),
    ):
        repository.tags()


@pytest.mark.parametrize("text", INVALID_MANIFESTS)
def test_an_invalid_manifest_is_an_error_that_names_it(text):
    with (
        serve_repository(lambda _: Response(text)) as repository,
        pytest.raises(DeliveryError, match="acme/backend: abc: sha256:.* is no manifest of an image"),
    ):
        repository.manifest("abc")


def test_a_manifest_that_is_not_utf8_is_an_error_without_traceback():
    with (
        serve_repository(lambda _: Response(b"\xff\xfe")) as repository,
        pytest.raises(DeliveryError, match="answer for abc is not as expected"),
    ):
        repository.manifest("abc")


def test_an_untyped_manifest_keeps_the_content_type_of_the_registry():
    put = []
    other = "application/vnd.docker.distribution.manifest.v2+json"

    async def answer(request):
        if request.method == "PUT":
            put.append(request.headers["content-type"])
            return Response(status_code=201)
        found = "3f2a" in request.url.path
        return Response('{"layers": []}', media_type=f"{other}; charset=utf-8") if found else Response("", 404)

    with serve_repository(answer, "GET", "PUT") as repository:
        repository.tag(repository.manifest("3f2a"), "v1.0.0")
    assert put == [other]


def test_a_long_list_of_tags_is_read_page_by_page():
    def tags(request):
        page = int(request.query_params.get("page", 0))
        more = {"link": f'</v2/acme/backend/tags/list?page={page + 1}>; rel="next"'} if page < 2 else {}
        return JSONResponse({"tags": [f"t{page}"]}, headers=more)

    with serve_repository(tags) as repository:
        assert repository.tags() == ["t0", "t1", "t2"]


def test_pages_without_an_end_are_an_error():
    more = {"link": '</v2/acme/backend/tags/list?page=1>; rel="next"'}
    with (
        serve_repository(lambda _: JSONResponse({"tags": ["t"]}, headers=more)) as repository,
        pytest.raises(DeliveryError, match="its pages have no end"),
    ):
        repository.tags()


def test_a_write_that_succeeded_without_an_answer_is_not_repeated():
    put, manifest = [], Manifest("sha256:" + hashlib.sha256(b'{"layers": []}').hexdigest(), '{"layers": []}')

    def answer(request):
        if request.method == "PUT":
            put.append(request.url.path)
            return Response("", 502)
        return Response(manifest.text) if put else Response("", 404)

    with serve_repository(answer, "GET", "PUT") as repository:
        repository.write(manifest, "v1.0.0")
    assert len(put) == 1


def test_a_write_that_did_not_happen_is_repeated():
    put, manifest = [], Manifest("sha256:" + "a" * 64, '{"layers": []}')

    def answer(request):
        if request.method == "PUT":
            put.append(request.url.path)
            return Response("", 502 if len(put) == 1 else 201)
        return Response("", 404)

    with serve_repository(answer, "GET", "PUT") as repository:
        repository.write(manifest, "v1.0.0")
    assert len(put) == 2
