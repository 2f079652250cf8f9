"""The server as a process, asked by Qdrant's own client."""

from __future__ import annotations

import asyncio
import math
import signal
import threading
import uuid
from importlib.metadata import version

import httpx
import pytest
from qdrant_client import models
from qdrant_client.common.version_check import is_compatible
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection:UserWarning")

VECTORS = {1: [3.0, 4.0, 0.0], 2: [1.0, 0.0, 0.0], 3: [0.0, 0.0, 2.0], 4: [1.0, 1.0, 1.0]}
ASKED = [1.0, 2.0, 2.0]
NAMED = uuid.UUID("b0b5c5a0-7f2e-4d8e-9a51-0f4d5b0c7e11")


def cosine(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))


def points():
    return [
        models.PointStruct(
            id=number, vector=vector, payload={"number": number, "even": number % 2 == 0, "tag": f"t{number}"}
        )
        for number, vector in VECTORS.items()
    ]


async def filled(client, name="c", distance=models.Distance.COSINE):
    await client.create_collection(name, vectors_config=models.VectorParams(size=3, distance=distance))
    return await client.upsert(name, points(), wait=True)


def only(**clauses):
    return models.Filter(**clauses)


def field(key, **match):
    return models.FieldCondition(key=key, **match)


def test_the_nearest_comes_first_with_its_true_cosine(server):
    async def work(client):
        result = await filled(client)
        assert result.status == models.UpdateStatus.COMPLETED
        return (await client.query_points("c", query=ASKED, limit=3, with_payload=True, with_vectors=True)).points

    found = server.use(work)
    expected = sorted(((cosine(ASKED, vector), number) for number, vector in VECTORS.items()), reverse=True)[:3]
    assert [point.id for point in found] == [number for _, number in expected]
    assert [point.score for point in found] == pytest.approx([score for score, _ in expected], abs=1e-6)
    assert found[0].payload == {"number": 4, "even": True, "tag": "t4"}
    assert found[0].vector == pytest.approx([1 / math.sqrt(3)] * 3, abs=1e-6)  # cosine keeps vectors at length one


@pytest.mark.parametrize(
    ("distance", "scores"),
    [
        (models.Distance.DOT, {1: 11.0, 4: 5.0, 3: 4.0, 2: 1.0}),
        (models.Distance.EUCLID, {4: math.sqrt(2), 2: math.sqrt(8)}),
        (models.Distance.MANHATTAN, {4: 2.0, 3: 3.0}),
    ],
)
def test_other_distances(server, distance, scores):
    async def work(client):
        await filled(client, distance=distance)
        return (await client.query_points("c", query=ASKED, limit=9)).points

    found = {point.id: point.score for point in server.use(work)}
    assert next(iter(found)) == next(iter(scores))
    assert {number: found[number] for number in scores} == pytest.approx(scores, abs=1e-6)


def test_what_a_query_leaves_out(server):
    async def work(client):
        await filled(client)
        near = cosine(ASKED, VECTORS[1])
        over = await client.query_points("c", query=ASKED, score_threshold=near - 0.01)
        assert {point.id for point in over.points} == {
            n for n, v in VECTORS.items() if cosine(ASKED, v) > near - 0.01
        }
        second = await client.query_points("c", query=ASKED, limit=1, offset=1)
        assert [point.id for point in second.points] == [1]
        assert (second.points[0].payload, second.points[0].vector) == (
            {"number": 1, "even": False, "tag": "t1"},
            None,
        )
        bare = await client.query_points("c", query=ASKED, limit=1, with_payload=False)
        assert bare.points[0].payload is None
        some = await client.query_points("c", query=ASKED, limit=1, with_payload=["tag"])
        assert some.points[0].payload == {"tag": "t4"}
        batch = await client.query_batch_points(
            "c", [models.QueryRequest(query=vector, limit=1) for vector in VECTORS.values()]
        )
        assert [reply.points[0].id for reply in batch] == list(VECTORS)

    server.use(work)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (only(must=[field("number", match=models.MatchValue(value=3))]), {3}),
        (only(must=[field("tag", match=models.MatchValue(value="t2"))]), {2}),
        (only(must=[field("even", match=models.MatchValue(value=True))]), {2, 4}),
        (only(must=[field("even", match=models.MatchValue(value=False))]), {1, 3}),
        (only(must_not=[field("number", match=models.MatchAny(any=[1, 2]))]), {3, 4}),
        (only(must=[field("tag", match=models.MatchExcept(**{"except": ["t1"]}))]), {2, 3, 4}),
        (only(should=[field("number", range=models.Range(gt=3)), models.HasIdCondition(has_id=[1])]), {1, 4}),
        (only(must=[field("number", range=models.Range(gte=2, lt=4))]), {2, 3}),
        (only(must=models.Filter(must=[field("number", range=models.Range(lte=1))])), {1}),
        (only(must=[models.IsEmptyCondition(is_empty=models.PayloadField(key="none"))], must_not=[]), {1, 2, 3, 4}),
        (
            only(
                min_should=models.MinShould(
                    conditions=[
                        field("even", match=models.MatchValue(value=True)),
                        field("number", range=models.Range(gt=2)),
                    ],
                    min_count=2,
                )
            ),
            {4},
        ),
    ],
)
def test_filters_alike_in_query_scroll_and_count(server, condition, expected):
    async def work(client):
        await filled(client)
        near = await client.query_points("c", query=ASKED, query_filter=condition)
        scrolled, _ = await client.scroll("c", scroll_filter=condition)
        counted = await client.count("c", count_filter=condition)
        return {point.id for point in near.points}, {point.id for point in scrolled}, counted.count

    assert server.use(work) == (expected, expected, len(expected))


def test_ids_are_whole_numbers_and_uuids(server):
    async def work(client):
        await filled(client)
        largest = 2**64 - 1
        await client.upsert(
            "c",
            models.Batch(
                ids=[str(NAMED), largest], vectors=[[1.0, 2.0, 2.0], [0.0, 1.0, 0.0]], payloads=[{"a": None}, {}]
            ),
        )
        found = await client.retrieve("c", [str(NAMED), largest, 77], with_vectors=True)
        assert {record.id for record in found} == {str(NAMED), largest}
        nearest = (await client.query_points("c", query=ASKED, limit=1)).points[0]
        assert (nearest.id, nearest.payload) == (str(NAMED), {"a": None})
        assert nearest.score == pytest.approx(1, abs=1e-6)

    server.use(work)
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.key}"}, timeout=5) as client:
        one = client.get(f"/collections/c/points/{NAMED}").json()
        assert one["status"] == "ok"
        assert one["result"]["payload"] == {"a": None}
        assert one["result"]["vector"] == pytest.approx([1 / 3, 2 / 3, 2 / 3], abs=1e-6)


def test_scroll_goes_through_all_in_pages(server):
    async def work(client):
        await filled(client)
        await client.upsert("c", [models.PointStruct(id=str(NAMED), vector=ASKED)])
        pages, offset = [], None
        while True:
            page, offset = await client.scroll("c", limit=2, offset=offset)
            pages.append([record.id for record in page])
            if offset is None:
                return pages

    assert server.use(work) == [[1, 2], [3, 4], [str(NAMED)]]


def test_points_are_replaced_changed_and_deleted(server):
    async def work(client):
        await filled(client)
        await client.upsert("c", [models.PointStruct(id=1, vector=[0, 0, 1], payload={"new": 1})])
        await client.set_payload("c", {"more": [1, {"x": 2.5}]}, points=[1, 2])
        await client.set_payload("c", {"late": True}, points=only(must=[field("number", range=models.Range(gte=3))]))
        await client.set_payload("c", {"in": 1}, points=[1], key="deep")
        held = {record.id: record.payload for record in (await client.scroll("c"))[0]}
        assert held[1] == {"new": 1, "more": [1, {"x": 2.5}], "deep": {"in": 1}}
        assert held[2] == {"number": 2, "even": True, "tag": "t2", "more": [1, {"x": 2.5}]}
        assert [number for number, payload in held.items() if payload.get("late")] == [3, 4]
        await client.delete("c", [2, 99])
        assert (await client.count("c")).count == 3
        await client.delete("c", only(must=[field("late", match=models.MatchValue(value=True))]))
        assert [record.id for record in (await client.scroll("c"))[0]] == [1]
        await client.delete("c", only())
        assert (await client.count("c", exact=False)).count == 0

    server.use(work)


def test_collections_come_and_go(server):
    async def work(client):
        assert (await client.get_collections()).collections == []
        await filled(client)
        await client.create_collection(
            "named",
            vectors_config={
                "a": models.VectorParams(size=2, distance=models.Distance.DOT),
                "b": models.VectorParams(size=3, distance=models.Distance.EUCLID, on_disk=True),
            },
            hnsw_config=models.HnswConfigDiff(m=8),
            replication_factor=2,
        )
        assert [held.name for held in (await client.get_collections()).collections] == ["c", "named"]
        await client.upsert("named", [models.PointStruct(id=1, vector={"a": [1, 2]})])
        found = await client.query_points("named", query=[1, 1], using="a", with_vectors=["a"])
        assert [(point.score, point.vector) for point in found.points] == [(3.0, {"a": [1.0, 2.0]})]
        await client.create_payload_index("c", "tag", models.PayloadSchemaType.KEYWORD)
        await client.create_payload_index(
            "c", "number", models.IntegerIndexParams(type=models.IntegerIndexType.INTEGER, lookup=True, range=True)
        )
        info = await client.get_collection("c")
        assert (info.status, info.points_count) == (models.CollectionStatus.GREEN, 4)
        assert info.config.params.vectors == models.VectorParams(size=3, distance=models.Distance.COSINE)
        assert {name: (held.data_type, held.points) for name, held in info.payload_schema.items()} == {
            "number": ("integer", 4),
            "tag": ("keyword", 4),
        }
        await client.delete_payload_index("c", "tag")
        assert set((await client.get_collection("c")).payload_schema) == {"number"}
        assert (await client.get_collection("named")).config.hnsw_config.m == 8
        assert await client.collection_exists("c")
        assert await client.delete_collection("c")
        assert not await client.delete_collection("c")
        assert not await client.collection_exists("c")

    server.use(work)
    assert [folder.name for folder in (server.storage / "collections").iterdir()] == ["named"]
    assert list((server.storage / "unfinished").iterdir()) == []


@pytest.mark.parametrize(
    ("work", "status", "message"),
    [
        (lambda client: client.get_collection("x"), 404, "Not found: Collection `x` doesn't exist!"),
        (lambda client: client.query_points("x", query=ASKED), 404, "Not found: Collection `x` doesn't exist!"),
        (lambda client: client.upsert("x", points()), 404, "Not found: Collection `x` doesn't exist!"),
        (lambda client: filled(client), 409, "Collection `c` already exists!"),
        (lambda client: client.query_points("c", query=[1.0]), 400, "Vector dimension error: expected dim: 3, got 1"),
        (
            lambda client: client.upsert("c", [*points(), models.PointStruct(id=9, vector=[1.0, 2.0])]),
            400,
            "Vector dimension error: expected dim: 3, got 2",
        ),
        (lambda client: client.query_points("c", query=ASKED, using="b"), 400, "Not existing vector name error: b"),
        (lambda client: client.set_payload("c", {"a": 1}, points=[1, 99]), 404, "No point with id 99 found"),
        (
            lambda client: client.query_points("c", query=1),
            501,
            "a query by anything but a dense vector is not offered",
        ),
        (
            lambda client: client.clear_payload("c", [1]),
            501,
            "POST /collections/c/points/payload/clear is not offered",
        ),
        (lambda client: client.get_aliases(), 501, "GET /aliases is not offered"),
    ],
)
def test_refusals_have_the_real_servers_status(server, work, status, message):
    async def tried(client):
        await filled(client)
        with pytest.raises(UnexpectedResponse) as refused:
            await work(client)
        records, _ = await client.scroll("c")
        return refused.value, records

    refused, records = server.use(tried)
    assert refused.status_code == status
    assert message in refused.structured()["status"]["error"]
    # a refused write leaves nothing behind
    assert {record.id: record.payload for record in records} == {point.id: point.payload for point in points()}


def test_the_client_takes_its_version_for_its_own(server):
    async def work(client):
        told = await client.info()
        assert "stand-in" in told.title
        return told.version

    assert is_compatible(version("qdrant-client"), server.use(work))


def test_only_the_probes_are_open_without_the_key(server):
    with httpx.Client(base_url=server.url, timeout=5) as client:
        for path in ("/", "/healthz", "/livez", "/readyz"):
            assert client.get(path).status_code == 200
        for path in ("/collections", "/collections/c/points", "/nothing", "/healthz/"):
            reply = client.get(path)
            assert (reply.status_code, reply.text) == (
                401,
                "Must provide an API key or an Authorization bearer token",
            )
        for headers in (
            {"api-key": "x"},
            {"api-key": ""},
            {"Authorization": "Bearer x"},
            {"api-key": server.key + "é"},
        ):
            encoded = {name: value.encode() for name, value in headers.items()}
            assert client.get("/collections", headers=encoded).status_code == 401
        assert client.get("/collections", headers={"Authorization": f"Basic {server.key}"}).status_code == 401
        assert client.get("/collections", headers={"api-key": server.key}).status_code == 200

    with pytest.raises(UnexpectedResponse) as refused:
        server.use(lambda client: client.get_collections(), api_key="wrong")
    assert refused.value.status_code == 401


def test_everyone_is_let_in_when_there_is_no_key(stopped):
    stopped.start(QDRANT__SERVICE__API_KEY="").ready()
    assert httpx.get(f"{stopped.url}/collections", timeout=5).json()["result"] == {"collections": []}


def test_what_was_acknowledged_outlives_kill_9_in_the_middle_of_writing(server):
    server.use(
        lambda client: client.create_collection("c", vectors_config=models.VectorParams(size=3, distance="Dot"))
    )
    acknowledged, enough = [], threading.Event()

    async def writer(client, first):
        for number in range(first, first + 100_000):
            point = models.PointStruct(id=number, vector=[number, 1, 0], payload={"number": number})
            try:
                await client.upsert("c", [point], wait=True)
            except ResponseHandlingException:
                return
            acknowledged.append(number)
            if len(acknowledged) >= 60:
                enough.set()

    async def write(client):
        await asyncio.gather(*(writer(client, first * 1_000_000) for first in range(3)))

    async def held(client):
        found, offset = {}, 0
        while offset is not None:
            page, offset = await client.scroll("c", limit=500, offset=offset, with_vectors=True)
            found |= {record.id: (record.payload, record.vector) for record in page}
        return found

    for _ in range(3):
        acknowledged_before = len(acknowledged)
        enough.clear()
        killer = threading.Thread(target=lambda: (enough.wait(30), server.end(signal.SIGKILL)))
        killer.start()
        server.use(write)
        killer.join(30)
        assert len(acknowledged) > acknowledged_before
        (server.storage / "unfinished" / "half-made").mkdir()
        server.process.stdout.close()
        server.start().ready()
        found = server.use(held)
        for number in set(acknowledged):
            assert found[number] == ({"number": number}, [number, 1, 0])
        assert list((server.storage / "unfinished").iterdir()) == []


def test_sigterm_ends_it_within_five_seconds_and_nothing_is_lost(server):
    async def work(client):
        await filled(client)
        late = models.PointStruct(id=50, vector=ASKED)
        assert (await client.upsert("c", [late], wait=False)).status == models.UpdateStatus.ACKNOWLEDGED
        await client.create_payload_index("c", "tag", models.PayloadSchemaType.KEYWORD, wait=False)
        # with a connection still open
        await asyncio.to_thread(server.end, signal.SIGTERM)

    server.use(work)
    assert server.process.returncode in {0, -signal.SIGTERM}
    assert server.process.stdout.read() == ""
    server.process.stdout.close()
    server.start().ready()

    async def held(client):
        info = await client.get_collection("c")
        assert list(info.payload_schema) == ["tag"]
        return [record.id for record in (await client.scroll("c"))[0]]

    assert server.use(held) == [1, 2, 3, 4, 50]


def test_many_callers_at_once(server):
    async def work(client):
        await filled(client)

        async def one(number):
            await client.upsert("c", [models.PointStruct(id=number, vector=ASKED, payload={"n": number})])
            await client.query_points("c", query=ASKED, limit=3)
            await client.delete("c", [number])
            return (await client.count("c")).count

        await asyncio.gather(*(one(number) for number in range(100, 160)))
        return (await client.count("c")).count

    assert server.use(work) == 4


def test_two_servers_do_not_share_a_folder(server):
    second = type(server)(server.storage)
    try:
        second.start()
        assert second.process.wait(20) != 0
        assert "another server is on" in second.process.stdout.read()
    finally:
        second.close()


def test_a_setting_that_guards_data_and_is_not_offered_ends_it(stopped):
    stopped.start(QDRANT__SERVICE__ENABLE_TLS="true")
    assert stopped.process.wait(20) == 2
    assert "QDRANT__SERVICE__ENABLE_TLS is not offered" in stopped.process.stdout.read()
