"""The application in this process: what it refuses, and what it keeps."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from starlette.testclient import TestClient

from localcloud.qdrant.__main__ import Environment, Path, read
from localcloud.qdrant.application import create_application
from localcloud.qdrant.store import Collection

HUGE = "1" + "0" * 400
POINTS, QUERY, INDEX = "/collections/c/points", "/collections/c/points/query", "/collections/c/index"
VECTORS = {"vectors": {"size": 2, "distance": "Cosine"}}


class Api:
    def __init__(self, folder):
        self.client = TestClient(create_application(storage=folder, api_key=None), raise_server_exceptions=False)

    def do(self, method, path, body=None, status=200):
        """The result, or the error's text; the body may be JSON text."""
        content = {"content": body} if isinstance(body, str) else {"json": body} if body is not None else {}
        reply = self.client.request(method, path, headers={"Content-Type": "application/json"}, **content)
        assert reply.status_code == status, (method, path, reply.status_code, reply.text)
        answer = reply.json()
        assert answer["time"] >= 0
        return answer["result"] if status == 200 else answer["status"]["error"]


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    made = Api(tmp_path_factory.mktemp("qdrant"))
    with made.client:
        made.do("PUT", "/collections/c", VECTORS)
        made.do("PUT", POINTS + "?wait=true", {"points": [{"id": 1, "vector": [1, 0], "payload": {"a": None}}]})
        yield made


def point(**fields):
    return {"points": [{"id": 1, "vector": [0, 1], **fields}]}


def vectors(**fields):
    return {"vectors": {**VECTORS["vectors"], **fields}}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        # forms
        ("PUT", POINTS, "{", 400, "Format error in JSON body"),
        ("PUT", POINTS, "[]", 400, "Format error in JSON body"),
        ("PUT", POINTS, "{}", 400, "`body.points` (Field required)"),
        ("PUT", POINTS + "?wait=maybe", {"points": []}, 400, "`query.wait`"),
        ("PUT", POINTS, "1" * 5000, 400, "parsing the body"),
        # numbers and text that the engine cannot keep
        ("PUT", POINTS, '{"points": [{"id": 1, "vector": [NaN, 1]}]}', 400, "`body.points.0.vector.0`"),
        ("PUT", POINTS, '{"points": [{"id": 1, "vector": [1e999, 1]}]}', 400, "`body.points.0.vector.0`"),
        ("PUT", POINTS, f'{{"points": [{{"id": 1, "vector": [1, {HUGE}]}}]}}', 400, "`body.points.0.vector.1`"),
        ("PUT", POINTS, point(vector=[1, 1e39]), 422, "`body.points.0.vector.1`"),
        ("PUT", POINTS, '{"points": [{"id": 1, "vector": [1, 1], "payload": {"a": [{"b": 1e999}]}}]}', 400, "payload"),
        ("PUT", POINTS, '{"points": [{"id": 1, "vector": [1, 1], "payload": {"a": "\\ud800"}}]}', 400, "payload"),
        # ids and vectors
        *(("PUT", POINTS, point(id=wrong), 400, "`body.points.0.id.") for wrong in (-1, 2**64, "a", True, 1.0, None)),
        ("PUT", POINTS, {"points": [{"id": 1}]}, 400, "`body.points.0.vector` (Field required)"),
        ("PUT", POINTS, point(vector=[True, 1]), 400, "`body.points.0.vector.0`"),
        ("PUT", POINTS, point(vector=[1]), 400, "Vector dimension error: expected dim: 2, got 1"),
        ("PUT", POINTS, point(vector={"": [1, 1]}), 501, "anything but one dense vector"),
        ("PUT", POINTS, point(vector=[[1, 1]]), 501, "anything but one dense vector"),
        ("PUT", POINTS, point(payload=[]), 400, "`body.points.0.payload`"),
        ("PUT", POINTS, {"points": [], "update_mode": "insert_only"}, 501, "`body.update_mode`"),
        ("PUT", POINTS, {"points": [], "update_filter": {}}, 501, "`body.update_filter`"),
        ("POST", POINTS, {"ids": [1], "shard_key": "a"}, 501, "`body.shard_key`"),
        ("POST", POINTS, {"ids": [1], "with_vector": ["x"]}, 501, "`body.with_vector`"),
        ("POST", POINTS + "/delete", {}, 400, "`body.points` (Field required)"),
        ("POST", POINTS + "/delete", {"points": [1], "filter": {}}, 501, "`body.filter`"),
        ("GET", POINTS + "/1", None, 501, "GET /collections/c/points/1 is not supported"),
        # queries
        ("POST", QUERY, {}, 501, "anything but one dense vector"),
        ("POST", QUERY, {"query": {"fusion": "rrf"}}, 501, "anything but one dense vector"),
        *(("POST", QUERY, {"query": [1, 1], name: {}}, 501, f"`body.{name}`") for name in ("prefetch", "params", "using", "offset", "lookup_from")),
        ("POST", QUERY, {"query": [1, 1], "limit": 0}, 422, "greater than or equal to 1"),
        ("POST", QUERY, {"query": [1, 1], "limit": 2**40}, 422, "less than or equal to"),
        ("POST", QUERY, {"query": [1, 1], "limit": "1"}, 400, "`body.limit`"),
        ("POST", QUERY, {"query": [1, 1], "score_threshold": "1"}, 400, "`body.score_threshold`"),
        # collections
        ("PUT", "/collections/d", {}, 400, "`body.vectors` (Field required)"),
        ("PUT", "/collections/d", vectors(size=0), 422, "`body.vectors.size`"),
        ("PUT", "/collections/d", vectors(distance="Dot"), 501, "`body.vectors.distance` (Input should be 'Cosine')"),
        ("PUT", "/collections/d", vectors(datatype="uint8"), 501, "`body.vectors.datatype`"),
        ("PUT", "/collections/d", {"vectors": {"a": VECTORS["vectors"]}}, 501, "`body.vectors.a`"),
        ("PUT", "/collections/d", {**VECTORS, "sparse_vectors": {}}, 501, "`body.sparse_vectors`"),
        ("PUT", "/collections/.d", VECTORS, 422, "collection name"),
        ("PUT", "/collections/" + "é" * 200, VECTORS, 422, "collection name"),
        ("PATCH", "/collections/c", {}, 501, "PATCH /collections/c is not supported"),
        # payload indexes and filters
        ("PUT", INDEX, {"field_name": "a"}, 501, "`body.field_schema` (anything but a named schema)"),
        ("PUT", INDEX, {"field_name": "a", "field_schema": "integer"}, 501, "`body.field_schema.type`"),
        ("PUT", INDEX, {"field_name": "a", "field_schema": {"type": "keyword", "on_disk": True}}, 501, "on_disk"),
        ("PUT", INDEX, {"field_schema": "keyword"}, 400, "`body.field_name` (Field required)"),
        ("POST", QUERY, {"query": [1, 1], "filter": {"should": []}}, 501, "`body.filter.should`"),
        ("POST", QUERY, {"query": [1, 1], "filter": {"must": {"key": "a"}}}, 501, "anything but a list of conditions"),
        *(("POST", QUERY, {"query": [1, 1], "filter": {"must": [{"key": "a", **wrong}]}}, 501, message) for wrong, message in (
            ({"match": {"value": 1}}, "anything but text to match"), ({"match": {"any": ["a"]}}, "match.any"),
            ({"range": {"gt": 1}}, "must.0.range"))),
        ("GET", "/telemetry", None, 501, "GET /telemetry is not supported"),
    ],
)  # fmt: skip
def test_refusals(api, method, path, body, status, message):
    assert message in api.do(method, path, body, status)
    held = api.do("POST", POINTS, {"ids": [1], "with_vector": True})
    assert held == [{"id": 1, "vector": [1.0, 0.0], "payload": {"a": None}}]
    assert api.do("GET", "/collections") == {"collections": [{"name": "c"}]}


def test_query_is_a_vector_or_named(api):
    expected = {"points": [{"id": 1, "version": 0, "score": 1.0}]}
    for query in ([3, 0], {"nearest": [3, 0]}):
        assert api.do("POST", QUERY, {"query": query}) == expected


def test_unfinished_collection_does_not_exist(tmp_path, monkeypatch):
    def broken(*_):
        raise RuntimeError("no disk")

    api = Api(tmp_path)
    with api.client:
        with monkeypatch.context() as patch:
            patch.setattr("localcloud.qdrant.store.EdgeConfig", broken)
            assert api.do("PUT", "/collections/c", VECTORS, 500).startswith("Service internal error: ")
        assert list((tmp_path / "unfinished").iterdir()) == []
        assert api.do("GET", "/collections/c/exists") == {"exists": False}
        assert api.do("PUT", "/collections/c", VECTORS) is True


def test_engine_failure_is_500(api, monkeypatch, caplog):
    call = Collection.call
    with monkeypatch.context() as patch:
        patch.setattr(Collection, "call", lambda self, work: call(self, lambda _: work(None)))
        assert "NoneType" in api.do("POST", POINTS + "/count", {}, 500)
    assert "the engine failed" in caplog.text
    assert api.do("POST", POINTS + "/count", {}) == {"count": 1}


def test_points_survive_a_restart(tmp_path):
    api = Api(tmp_path)
    with api.client:
        for name in ("c", "gone"):
            api.do("PUT", f"/collections/{name}", VECTORS)
        api.do("PUT", POINTS, {"points": [{"id": number, "vector": [0, 1]} for number in (1, 2, 3)]})
        assert api.do("POST", POINTS + "/delete", {"points": [3]}) == {"status": "acknowledged"}
        assert api.do("DELETE", "/collections/gone") is True
        with pytest.raises(OSError, match="another server is on"):
            create_application(storage=tmp_path, api_key=None)
    (tmp_path / "unfinished" / "half-made").mkdir()
    again = Api(tmp_path)
    with again.client:
        assert list((tmp_path / "unfinished").iterdir()) == []
        assert again.do("POST", POINTS, {"ids": [1], "with_vector": True})[0]["vector"] == [0.0, 1.0]
        assert again.do("POST", POINTS + "/count", {}) == {"count": 2}
        assert "doesn't exist" in again.do("GET", "/collections/gone", None, 404)


def test_wait_flushes_to_disk(api, monkeypatch):
    shard = Mock()
    monkeypatch.setattr(api.client.app.state.store.get("c"), "_shard", shard)
    for wait, calls in (("true", ["update", "flush"]), ("false", ["update"])):
        shard.reset_mock()
        api.do("PUT", f"{POINTS}?wait={wait}", point())
        assert [call[0] for call in shard.mock_calls] == calls


def test_unreadable_collection_stops_the_start(tmp_path):
    (tmp_path / "collections" / "c").mkdir(parents=True)
    for _ in range(2):  # and does not keep the folder locked
        with pytest.raises(FileNotFoundError):
            create_application(storage=tmp_path, api_key=None)


def test_api_key(tmp_path):
    with TestClient(create_application(storage=tmp_path, api_key="key")) as client:
        for headers, status, text in (
            ({}, 401, "Must provide an API key or an Authorization bearer token"),
            ({"Authorization": "Basic key"}, 401, "Must provide an API key or an Authorization bearer token"),
            ({"api-key": ""}, 401, "Invalid API key or JWT"),
            ({"api-key": "keyé".encode()}, 401, "Invalid API key or JWT"),
            ({"api-key": "other", "Authorization": "Bearer key"}, 401, "Invalid API key or JWT"),
            ({"api-key": "key"}, 200, '{"collections":[]}'),
            ({"Authorization": "Bearer key"}, 200, '{"collections":[]}'),
        ):
            reply = client.get("/collections", headers=headers)
            assert (reply.status_code, text in reply.text) == (status, True)
        for path in ("/", "/healthz", "/livez", "/readyz"):
            assert client.get(path).status_code == 200
        for path in ("/nothing", "/healthz/"):
            assert client.get(path).status_code == 401


def test_environment():
    assert read({}) == Environment(host="0.0.0.0", port=6333, storage=Path("/qdrant/storage"), api_key=None)
    own = {
        "QDRANT__SERVICE__HTTP_PORT": "7000",
        "QDRANT__SERVICE__HOST": "::",
        "QDRANT__SERVICE__API_KEY": "k",
        "QDRANT__STORAGE__STORAGE_PATH": "/s",
        "QDRANT__SERVICE__ENABLE_TLS": "false",
    }
    assert read(own) == Environment(host="::", port=7000, storage=Path("/s"), api_key="k")
    for name, value in (("HTTP_PORT", "x"), ("HTTP_PORT", "70000"), ("READ_ONLY_API_KEY", "k"), ("JWT_RBAC", "True")):
        with pytest.raises(ValueError, match=name):
            read({f"QDRANT__SERVICE__{name}": value})
