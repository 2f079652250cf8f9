"""The application in this process: conditions one by one, and everything it refuses."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from localcloud.qdrant import environment
from localcloud.qdrant.application import create_application
from localcloud.qdrant.collection import Collection
from localcloud.qdrant.settings import Settings

RICH = {
    "yes": True,
    "nothing": None,
    "parts": [{"x": 1, "y": 2}, {"x": 2, "y": 1}],
    "at": "2024-01-01T00:00:00Z",
    "ratio": 1.5,
    "list": [1, 2, 3],
    "text": "hello big world",
}
HUGE = "1" + "0" * 400


class Api:
    def __init__(self, folder):
        self.client = TestClient(create_application(storage=folder, api_key=None), raise_server_exceptions=False)

    def do(self, method, path, body=None, status=200):
        """The result, or the error's text; the body may be JSON text."""
        content = {"content": body} if isinstance(body, str) else {"json": body} if body is not None else {}
        reply = self.client.request(method, path, **content)
        assert reply.status_code == status, (method, path, reply.status_code, reply.text)
        told = reply.json()
        assert told["time"] >= 0
        return told["result"] if status == 200 else told["status"]["error"]

    def matching(self, condition):
        body = {"filter": {"must": [condition]}}
        return [point["id"] for point in self.do("POST", "/collections/c/points/scroll", body)["points"]]


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    made = Api(tmp_path_factory.mktemp("qdrant"))
    with made.client:
        made.do("PUT", "/collections/c", {"vectors": {"size": 2, "distance": "Dot"}, "metadata": {"by": "test"}})
        points = [
            {"id": 1, "vector": [1, 0], "payload": RICH},
            {"id": 2, "vector": {"": [0, 1]}, "payload": {"yes": False}},
        ]
        made.do("PUT", "/collections/c/points?wait=true", {"points": points})
        yield made


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"key": "yes", "match": {"value": True}}, [1]),
        ({"key": "yes", "match": {"value": 1}}, []),
        ({"key": "text", "match": {"text": "big"}}, [1]),
        ({"key": "text", "match": {"text_any": "small world"}}, [1]),
        ({"key": "text", "match": {"phrase": "big world"}}, [1]),
        ({"key": "text", "match": {"prefix": "hello"}}, [1]),
        ({"key": "text", "match": {"prefix": "big"}}, []),
        ({"key": "text", "match": {"substring": "o b"}}, [1]),
        ({"key": "list", "match": {"any": [3, 4]}}, [1]),
        ({"key": "list", "match": {"any": []}}, []),
        ({"key": "at", "range": {"gte": "2023-12-31"}}, [1]),
        ({"key": "at", "range": {"gt": "2024-01-01T00:00:00Z"}}, []),
        ({"key": "ratio", "range": {"gt": 1, "lt": 1.6}}, [1]),
        ({"key": "list", "values_count": {"gte": 3}}, [1]),
        ({"key": "list", "is_empty": True}, [2]),
        ({"key": "nothing", "is_null": True}, [1]),
        ({"is_empty": {"key": "nothing"}}, [1, 2]),
        ({"is_null": {"key": "nothing"}}, [1]),
        ({"has_id": [2, 99]}, [2]),
        ({"has_id": []}, []),
        ({"has_vector": ""}, [1, 2]),
        ({"nested": {"key": "parts", "filter": {"must": [{"key": "x", "match": {"value": 1}}, {"key": "y", "match": {"value": 2}}]}}}, [1]),
        ({"nested": {"key": "parts", "filter": {"must": [{"key": "x", "match": {"value": 1}}, {"key": "y", "match": {"value": 1}}]}}}, []),
        ({"must_not": {"has_id": [1]}}, [2]),
    ],
)  # fmt: skip
def test_conditions(api, condition, expected):
    assert api.matching(condition) == expected


POINTS, QUERY = "/collections/c/points", "/collections/c/points/query"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        # forms
        ("PUT", POINTS, "{", 400, "Format error in JSON body: EOF"),
        ("PUT", POINTS, "[]", 400, "PointsList must be a JSON object"),
        ("PUT", POINTS, "{}", 400, "missing field `points`"),
        ("PUT", POINTS, '{"points": [{"id": 1, "vector": [NaN, 1]}]}', 400, "expected value"),
        ("PUT", POINTS, '{"points": [{"id": 1, "vector": [1e999, 1]}]}', 400, "must fit into 32 bits"),
        ("PUT", POINTS, f'{{"points": [{{"id": 1, "vector": [{HUGE}, 1]}}]}}', 400, "must fit into 32 bits"),
        ("PUT", POINTS, '{"points": [{"id": 1, "vector": [1, 1], "payload": {"a": [{"b": 1e999}]}}]}', 400, "out of range"),
        ("PUT", POINTS + "?wait=yes", {"points": []}, 400, "wait must be true or false"),
        # ids and vectors
        ("PUT", POINTS, {"points": [{"id": -1, "vector": [1, 1]}]}, 400, "value -1 is not a valid point ID"),
        ("PUT", POINTS, {"points": [{"id": "a", "vector": [1, 1]}]}, 400, "value a is not a valid point ID"),
        ("PUT", POINTS, {"points": [{"id": True, "vector": [1, 1]}]}, 400, "is not a valid point ID"),
        ("PUT", POINTS, {"points": [{"id": 2**64, "vector": [1, 1]}]}, 400, "is not a valid point ID"),
        ("PUT", POINTS, {"points": [{"id": 1}]}, 400, "missing field `vector`"),
        ("PUT", POINTS, {"points": [{"id": 1, "vector": [True, 1]}]}, 400, "a vector must be a list of numbers"),
        ("PUT", POINTS, {"points": [{"id": 1, "vector": {"x": [1, 1]}}]}, 400, "Not existing vector name error: x"),
        ("PUT", POINTS, {"points": [{"id": 1, "vector": [[1, 1]]}]}, 501, "a multi-vector"),
        ("PUT", POINTS, {"points": [{"id": 1, "vector": {"": {"indices": [1], "values": [1]}}}]}, 501, "a sparse vector"),
        ("PUT", POINTS, {"points": [], "update_mode": "insert_only"}, 501, "`update_mode` of PointsList"),
        ("PUT", POINTS, {"batch": {"ids": [1, 2], "vectors": [[1, 1]]}}, 400, "of one length"),
        ("PUT", POINTS, {"batch": {"ids": [1], "vectors": {"": []}}}, 400, "of one length"),
        ("GET", POINTS + "/99", None, 404, "Point with id 99 does not exists!"),
        ("GET", POINTS + "/" + "9" * 5000, None, 400, "is not a valid point ID"),
        ("POST", POINTS, {"ids": [1], "shard_key": "a"}, 501, "`shard_key` of PointRequest"),
        ("POST", POINTS, {"ids": [1], "with_payload": {}}, 400, "with_payload needs one of"),
        ("POST", POINTS, {"ids": [1], "with_vector": ["x"]}, 400, "Not existing vector name error: x"),
        # writes
        ("POST", POINTS + "/delete", {}, 400, "a selector needs one of"),
        ("POST", POINTS + "/payload", {"payload": {"a": 1}}, 400, "SetPayload needs one of"),
        ("POST", POINTS + "/payload", {"payload": {"a": 1}, "points": [1], "key": "a["}, 400, "invalid JSON path"),
        ("PUT", POINTS + "/payload", {"payload": {"a": 1}, "points": [1]}, 501, "PUT /collections/c/points/payload"),
        # queries
        ("POST", QUERY, {}, 501, "a query by anything but a dense vector"),
        ("POST", QUERY, {"query": {"fusion": "rrf"}}, 501, "a query by anything but a dense vector"),
        ("POST", QUERY, {"query": [1, 1], "prefetch": {}}, 501, "`prefetch` of QueryRequest"),
        ("POST", QUERY, {"query": [1, 1], "limit": 0}, 422, "value 0 invalid, must be 1 or larger"),
        ("POST", QUERY, {"query": [1, 1], "limit": 2**40}, 422, "or less"),
        ("POST", QUERY, {"query": [1, 1], "limit": "1"}, 400, "limit must be a whole number"),
        ("POST", QUERY, {"query": [1, 1], "score_threshold": "1"}, 400, "score_threshold must be a number"),
        ("POST", QUERY, {"query": [1, 1], "params": {"indexed_only": True}}, 501, "`indexed_only`"),
        ("POST", QUERY, {"query": [1, 1], "params": {"quantization": {}}}, 501, "`quantization`"),
        ("POST", POINTS + "/scroll", {"order_by": "a"}, 501, "`order_by` of ScrollRequest"),
        # conditions
        ("POST", POINTS + "/count", {"filter": {"must": [{"key": "a"}]}}, 400, "needs one of match"),
        ("POST", POINTS + "/count", {"filter": {"must": [{"key": "a", "geo_radius": {}}]}}, 501, "`geo_radius`"),
        ("POST", POINTS + "/count", {"filter": {"must": [{"key": "a", "is_null": True, "is_empty": True}]}}, 501, "in one condition"),
        ("POST", POINTS + "/count", {"filter": {"must": [{"key": "a[", "is_null": True}]}}, 400, "invalid JSON path"),
        ("POST", POINTS + "/count", {"filter": {"must": [{"key": "a", "match": {}}]}}, 400, "a match needs one of"),
        ("POST", POINTS + "/count", {"filter": {"must": [{"key": "a", "match": {"value": 1.5}}]}}, 400, "whole number"),
        ("POST", POINTS + "/count", {"filter": {"must": [{"key": "a", "match": {"value": 2**63}}]}}, 422, "or less"),
        ("POST", POINTS + "/count", {"filter": {"must": [{"key": "a", "match": {"any": [1, "a"]}}]}}, 400, "all strings or all"),
        ("POST", POINTS + "/count", {"filter": {"must": [{"key": "a", "range": {"gt": 1, "lt": "a"}}]}}, 400, "all numbers or all times"),
        ("POST", POINTS + "/count", {"filter": {"must": [{"key": "a", "range": {"gt": "never"}}]}}, 400, "date-time"),
        ("POST", POINTS + "/count", {"filter": {"must": [{"slice": {}}]}}, 501, "`slice`"),
        # collections
        ("PUT", "/collections/d", {}, 501, "without dense vectors"),
        ("PUT", "/collections/d", {"vectors": {"size": 0, "distance": "Dot"}}, 422, "must be 1 or larger"),
        ("PUT", "/collections/d", {"vectors": {"size": 3, "distance": "Far"}}, 400, "unknown variant `Far`"),
        ("PUT", "/collections/d", {"vectors": {"size": 3, "distance": "Dot", "datatype": "uint8"}}, 501, "datatype uint8"),
        ("PUT", "/collections/d", {"vectors": {"a": {"size": 3, "distance": "Dot", "multivector_config": {}}}}, 501, "`multivector_config`"),
        ("PUT", "/collections/d", {"vectors": {"size": 3, "distance": "Dot"}, "quantization_config": {}}, 501, "`quantization_config`"),
        ("PUT", "/collections/d", {"vectors": {"size": 3, "distance": "Dot"}, "hnsw_config": {"m": "x"}}, 400, "m of hnsw_config"),
        ("PUT", "/collections/.d", {"vectors": {"size": 3, "distance": "Dot"}}, 422, "collection name"),
        ("PUT", "/collections/" + "é" * 200, {"vectors": {"size": 3, "distance": "Dot"}}, 422, "collection name"),
        ("PATCH", "/collections/c", {}, 501, "PATCH /collections/c is not offered"),
        ("GET", "/telemetry", None, 501, "GET /telemetry is not offered"),
        # indexes
        ("PUT", "/collections/c/index", {"field_name": "a"}, 400, "missing field `field_schema`"),
        ("PUT", "/collections/c/index", {"field_name": "a", "field_schema": "odd"}, 400, "unknown type of index `odd`"),
        ("PUT", "/collections/c/index", {"field_name": "a", "field_schema": {"type": "text", "stemmer": {}}}, 501, "`stemmer`"),
        ("PUT", "/collections/c/index", {"field_name": "a", "field_schema": {"type": "text", "tokenizer": "odd"}}, 501, "tokenizer odd"),
        ("DELETE", "/collections/c/index/a%5B", None, 400, "invalid JSON path"),
    ],
)  # fmt: skip
def test_refusals(api, method, path, body, status, message):
    before = api.do("POST", POINTS + "/scroll", {"with_vector": True})
    assert message in api.do(method, path, body, status)
    assert api.do("POST", POINTS + "/scroll", {"with_vector": True}) == before
    assert api.do("GET", "/collections") == {"collections": [{"name": "c"}]}


def test_parts_of_a_payload(api):
    for asked, names in (
        ({"include": ["yes", "ratio"]}, {"yes", "ratio"}),
        ({"exclude": ["yes", "parts", "list"]}, {"nothing", "at", "ratio", "text"}),
        (["at"], {"at"}),
    ):
        assert set(api.do("POST", POINTS, {"ids": [1], "with_payload": asked})[0]["payload"]) == names
    assert api.do("POST", POINTS, {"ids": [1], "with_payload": False}) == [{"id": 1}]


def test_a_query_may_name_what_it_is(api):
    assert api.do("POST", QUERY, {"query": {"nearest": [3, 1]}, "params": {"hnsw_ef": 64, "exact": True}}) == {
        "points": [{"id": 1, "version": 0, "score": 3.0}, {"id": 2, "version": 0, "score": 1.0}]
    }


def test_indexes_of_every_type_and_what_is_told_of_a_collection(api):
    kinds = ("keyword", "integer", "float", "geo", "bool", "datetime", "uuid")
    for kind in kinds:
        api.do("PUT", "/collections/c/index?wait=true", {"field_name": f"of.{kind}", "field_schema": kind})
    text = {"type": "text", "tokenizer": "word", "min_token_len": 2, "lowercase": True}
    api.do("PUT", "/collections/c/index", {"field_name": "text", "field_schema": text})
    told = api.do("GET", "/collections/c")
    assert told["payload_schema"] == {
        **{f"of.{kind}": {"data_type": kind, "points": 0} for kind in kinds},
        "text": {"data_type": "text", "points": 1},
    }
    assert told["config"]["metadata"] == {"by": "test"}
    assert api.matching({"key": "text", "match": {"text": "BIG"}}) == [1]


def test_a_body_that_is_too_large_is_refused(api):
    message = api.do("PUT", POINTS, " " * (32 * 1024 * 1024 + 1), 413)
    assert message == "JSON payload is larger than allowed (limit: 33554432 bytes)"


def test_a_collection_that_was_half_made_is_not_there(tmp_path, monkeypatch):
    def broken(_):
        raise RuntimeError("no disk")

    api = Api(tmp_path)
    with api.client:
        with monkeypatch.context() as patch:
            patch.setattr(Settings, "engine", broken)
            body = {"vectors": {"size": 2, "distance": "Dot"}}
            assert api.do("PUT", "/collections/c", body, 500) == "Service internal error: RuntimeError: no disk"
        assert list((tmp_path / "unfinished").iterdir()) == []
        assert api.do("GET", "/collections/c/exists") == {"exists": False}
        assert api.do("PUT", "/collections/c", body) is True


def test_an_engine_that_fails_is_500(tmp_path, monkeypatch, caplog):
    class Broken:
        def count(self, _):
            raise Exception("Service runtime error: no disk")

    api = Api(tmp_path)
    with api.client:
        api.do("PUT", "/collections/c", {"vectors": {"size": 2, "distance": "Dot"}})
        read = Collection.read
        with monkeypatch.context() as patch:
            patch.setattr(Collection, "read", lambda self, call: read(self, lambda _: call(Broken())))
            assert "no disk" in api.do("POST", POINTS + "/count", {}, 500)
        assert "the engine failed" in caplog.text
        assert api.do("POST", POINTS + "/count", {}) == {"count": 0}


def test_what_is_written_is_read_after_the_next_start(tmp_path):
    api = Api(tmp_path)
    with api.client:
        for name in ("c", "gone"):
            api.do("PUT", f"/collections/{name}", {"vectors": {"size": 2, "distance": "Dot"}})
        batch = {"ids": [1, 2, 3], "vectors": [[1, 0], [0, 1], [1, 1]], "payloads": [{"a": 1}, None, {"a": 3}]}
        api.do("PUT", POINTS + "?wait=true", {"batch": batch})
        api.do("POST", POINTS + "/payload", {"payload": {"b": 2}, "points": [1, 2]})
        api.do("POST", POINTS + "/payload", {"payload": {"c": 3}, "filter": {}})
        assert "No point with id 9" in api.do("POST", POINTS + "/payload", {"payload": {}, "points": [1, 9]}, 404)
        assert api.do("POST", POINTS + "/delete", {"points": [3]}) == {"status": "acknowledged"}
        assert "already exists" in api.do("PUT", "/collections/c", {"vectors": {"size": 2, "distance": "Dot"}}, 409)
        assert api.do("DELETE", "/collections/gone") is True
        assert api.do("DELETE", "/collections/gone") is False
        with pytest.raises(OSError, match="another server is on"):
            create_application(storage=tmp_path, api_key=None)
    (tmp_path / "unfinished" / "half-made").mkdir()
    again = Api(tmp_path)
    with again.client:
        assert list((tmp_path / "unfinished").iterdir()) == []
        assert again.do("GET", POINTS + "/1") == {"id": 1, "payload": {"a": 1, "b": 2, "c": 3}, "vector": [1.0, 0.0]}
        assert again.do("POST", POINTS + "/count", {}) == {"count": 2}
        assert "doesn't exist" in again.do("GET", "/collections/gone", None, 404)
        many = {"searches": [{"query": [0, 2], "limit": 1}, {"query": [2, 0], "limit": 1}]}
        assert [one["points"][0]["id"] for one in again.do("POST", QUERY + "/batch", many)] == [2, 1]


def test_a_collection_that_cannot_be_opened_stops_the_start(tmp_path):
    (tmp_path / "collections" / "c").mkdir(parents=True)
    for _ in range(2):  # and does not keep the folder locked
        with pytest.raises(FileNotFoundError):
            create_application(storage=tmp_path, api_key=None)


@pytest.mark.parametrize(
    ("headers", "status", "text"),
    [
        ({}, 401, "Must provide an API key or an Authorization bearer token"),
        ({"Authorization": "Basic key"}, 401, "Must provide an API key or an Authorization bearer token"),
        ({"api-key": "other"}, 401, "Invalid API key or JWT"),
        ({"api-key": "other", "Authorization": "Bearer key"}, 401, "Invalid API key or JWT"),
        ({"api-key": "key"}, 200, '{"collections":[]}'),
        ({"Authorization": "Bearer key"}, 200, '{"collections":[]}'),
    ],
)
def test_the_key(tmp_path, headers, status, text):
    with TestClient(create_application(storage=tmp_path, api_key="key")) as client:
        reply = client.get("/collections", headers=headers)
        assert reply.status_code == status
        assert text in reply.text
        assert client.get("/readyz", headers=headers).text == "all shards are ready"
        assert "stand-in" in client.get("/").json()["title"]


def test_the_environment():
    assert environment.read({}) == environment.Environment(
        host="0.0.0.0", port=6333, storage=environment.Path("/qdrant/storage"), api_key=None
    )
    read = environment.read(
        {
            "QDRANT__SERVICE__HTTP_PORT": "7000",
            "QDRANT__SERVICE__HOST": "::",
            "QDRANT__SERVICE__API_KEY": "k",
            "QDRANT__STORAGE__STORAGE_PATH": "/s",
            "QDRANT__SERVICE__ENABLE_TLS": "false",
            "QDRANT__LOG_LEVEL": "INFO",
        }
    )
    assert (read.host, read.port, read.api_key, str(read.storage)) == ("::", 7000, "k", "/s")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVICE__HTTP_PORT", "x"),
        ("SERVICE__HTTP_PORT", "70000"),
        ("SERVICE__READ_ONLY_API_KEY", "k"),
        ("SERVICE__JWT_RBAC", "True"),
    ],
)
def test_an_environment_that_is_refused(name, value):
    with pytest.raises(ValueError, match=name):
        environment.read({f"QDRANT__{name}": value})
