"""The server as a process, asked by Qdrant's own client."""

from __future__ import annotations

import asyncio
import math
import signal
import threading
import uuid
from importlib.metadata import version

import pytest
from databases.ports import free_port
from qdrant_client import models
from qdrant_client.common.version_check import is_compatible
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse
from services.process import serving

pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection:UserWarning")

VECTORS = {1: [3.0, 4.0, 0.0], 2: [1.0, 0.0, 0.0], 3: [0.0, 0.0, 2.0], 4: [1.0, 1.0, 1.0]}
ASKED = [1.0, 2.0, 2.0]
NAMED = str(uuid.UUID("b0b5c5a0-7f2e-4d8e-9a51-0f4d5b0c7e11"))
SIZE = models.VectorParams(size=3, distance=models.Distance.COSINE)


def cosine(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))


def points():
    return [models.PointStruct(id=number, vector=vector, payload={"n": number}) for number, vector in VECTORS.items()]


def late(number, vector=ASKED):
    return models.PointStruct(id=number, vector=vector)


async def filled(client):
    await client.create_collection("c", vectors_config=SIZE)
    return await client.upsert("c", points(), wait=True)


def test_nearest_point_comes_first(server):
    async def work(client):
        assert (await filled(client)).status == models.UpdateStatus.COMPLETED
        full = (await client.query_points("c", query=ASKED, limit=3, with_vectors=True)).points
        bare = (await client.query_points("c", query=ASKED, with_payload=False)).points
        assert [(point.payload, point.vector) for point in bare] == [(None, None)] * 4
        over = await client.query_points("c", query=ASKED, score_threshold=cosine(ASKED, VECTORS[1]) - 0.01)
        assert {point.id for point in over.points} == {1, 4}
        return full

    found = server.use(work)
    expected = sorted(((cosine(ASKED, vector), number) for number, vector in VECTORS.items()), reverse=True)[:3]
    assert [point.id for point in found] == [number for _, number in expected]
    assert [point.score for point in found] == pytest.approx([score for score, _ in expected], abs=1e-6)
    assert found[0].payload == {"n": 4}
    assert found[0].vector == pytest.approx([1 / math.sqrt(3)] * 3, abs=1e-6)  # cosine keeps vectors at length one


def test_points_are_replaced_and_deleted_by_id(server):
    async def work(client):
        await filled(client)
        largest = 2**64 - 1
        more = [
            models.PointStruct(id=1, vector=[0, 0, 1], payload={"new": [1, {"x": 2.5}]}),
            models.PointStruct(id=NAMED, vector=ASKED, payload={"a": "ü"}),
            models.PointStruct(id=largest, vector=[0, 1, 0]),
        ]
        await client.upsert("c", more, wait=True)
        found = await client.retrieve("c", [1, NAMED, largest, 77])
        assert {record.id: record.payload for record in found} == {
            1: {"new": [1, {"x": 2.5}]}, NAMED: {"a": "ü"}, largest: {},
        }  # fmt: skip
        assert (await client.query_points("c", query=ASKED, limit=1)).points[0].id == NAMED
        await client.delete("c", models.PointIdsList(points=[2, NAMED, 99]))
        assert (await client.count("c")).count == 4
        assert await client.retrieve("c", [2, NAMED]) == []

    server.use(work)


@pytest.mark.parametrize("indexed", [True, False])
def test_points_are_found_and_counted_among_those_of_an_owner(server, indexed):
    def of(owner):
        return models.Filter(must=[models.FieldCondition(key="owner", match=models.MatchValue(value=owner))])

    async def work(client):
        await client.create_collection("c", vectors_config=SIZE)
        if indexed:
            tenant = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
            for _ in range(2):  # made again, it stays
                await client.create_payload_index("c", "owner", tenant)
            schema = (await client.get_collection("c")).payload_schema
            assert (schema["owner"].data_type, schema["owner"].params) == (models.PayloadSchemaType.KEYWORD, tenant)
        every = [
            models.PointStruct(id=number, vector=ASKED, payload={"owner": "anna" if number % 2 else "ben"})
            for number in range(1, 8)
        ]
        await client.upsert("c", every, wait=True)
        for owner, ids in (("anna", {1, 3, 5, 7}), ("ben", {2, 4, 6}), ("an", set())):
            found = await client.query_points("c", query=ASKED, query_filter=of(owner))
            assert {point.id for point in found.points} == ids
            assert (await client.count("c", of(owner))).count == len(ids)

    server.use(work)


def test_collections_are_created_and_deleted(server):
    async def work(client):
        assert (await client.get_collections()).collections == []
        await filled(client)
        assert [held.name for held in (await client.get_collections()).collections] == ["c"]
        info = await client.get_collection("c")
        assert (info.status, info.points_count) == (models.CollectionStatus.GREEN, 4)
        assert info.config.params.vectors == SIZE
        assert await client.collection_exists("c")
        assert await client.delete_collection("c")
        assert not await client.delete_collection("c")
        assert not await client.collection_exists("c")

    server.use(work)
    assert list((server.folder / "storage/collections").iterdir()) == []
    assert list((server.folder / "storage/unfinished").iterdir()) == []


NOTHING = models.Filter(should=[])


REFUSED = (
    (lambda client: client.get_collection("x"), 404, "Not found: Collection `x` doesn't exist!"),
    (lambda client: client.upsert("x", points()), 404, "Not found: Collection `x` doesn't exist!"),
    (lambda client: client.create_collection("c", vectors_config=SIZE), 409, "Collection `c` already exists!"),
    (lambda client: client.query_points("c", query=[1.0]), 400, "Vector dimension error: expected dim: 3, got 1"),
    (lambda client: client.upsert("c", [late(9), late(10, [1.0])]), 400, "Vector dimension error: expected dim: 3, got 1"),
    (lambda client: client.query_points("c", query=1), 501, "anything but one dense vector"),
    (lambda client: client.query_points("c", query=ASKED, query_filter=NOTHING), 501, "`body.filter.should`"),
    (lambda client: client.query_points("c", query=ASKED, with_payload=["n"]), 501, "`body.with_payload`"),
    (lambda client: client.delete("c", NOTHING), 501, "`body.filter`"),
    (lambda client: client.count("c", count_filter=NOTHING), 501, "`body.filter.should`"),
    (lambda client: client.upsert("c", models.Batch(ids=[9], vectors=[ASKED])), 501, "`body.batch`"),
    (lambda client: client.scroll("c"), 501, "POST /collections/c/points/scroll is not supported"),
)  # fmt: skip


def test_refusals_have_qdrants_status(server):
    async def tried(client):
        await filled(client)
        for work, status, message in REFUSED:
            with pytest.raises(UnexpectedResponse) as refused:
                await work(client)
            assert refused.value.status_code == status
            assert message in refused.value.structured()["status"]["error"]
            assert (await client.count("c")).count == 4

    server.use(tried)


def test_client_accepts_version_and_sends_key(server):
    info = server.use(lambda client: client.info())
    assert "replacement" in info.title
    assert is_compatible(version("qdrant-client"), info.version)
    with pytest.raises(UnexpectedResponse) as refused:
        server.use(lambda client: client.get_collections(), api_key="wrong")
    assert refused.value.status_code == 401


def test_acknowledged_points_survive_kill_9(server):
    server.use(lambda client: client.create_collection("c", vectors_config=SIZE))
    acknowledged, enough = [], threading.Event()

    async def writer(client, first):
        for number in range(first, first + 100_000):
            point = models.PointStruct(id=number, vector=[3, 4, 0], payload={"number": number})
            try:
                await client.upsert("c", [point], wait=True)
            except ResponseHandlingException:
                return
            acknowledged.append(number)
            if len(acknowledged) >= 60:
                enough.set()

    async def write(client):
        await asyncio.gather(*(writer(client, first * 1_000_000) for first in range(3)))

    for _ in range(2):
        before = len(acknowledged)
        enough.clear()
        killer = threading.Thread(target=lambda: (enough.wait(30), server.end(signal.SIGKILL)))
        killer.start()
        server.use(write)
        killer.join(30)
        assert len(acknowledged) > before
        server.close()
        server.start()
        found = server.use(lambda client: client.retrieve("c", list(set(acknowledged)), with_vectors=True))
        assert {record.id: record.payload for record in found} == {
            number: {"number": number} for number in acknowledged
        }
        assert all(record.vector == pytest.approx([0.6, 0.8, 0]) for record in found)


def test_sigterm_ends_it_without_loss(server):
    async def work(client):
        await filled(client)
        assert (await client.upsert("c", [late(50)], wait=False)).status == models.UpdateStatus.ACKNOWLEDGED
        # with a connection still open
        await asyncio.to_thread(server.end, signal.SIGTERM)

    server.use(work)
    assert server.process.returncode in {0, -signal.SIGTERM}
    assert (server.folder / "log").read_text() == ""
    server.close()
    server.start()
    assert server.use(lambda client: client.count("c")).count == 5


def test_concurrent_callers(server):
    async def work(client):
        await filled(client)

        async def one(number):
            await client.upsert("c", [late(number)])
            await client.query_points("c", query=ASKED, limit=3)
            await client.delete("c", [number])

        await asyncio.gather(*(one(number) for number in range(100, 140)))
        return (await client.count("c")).count

    assert server.use(work) == 4


def test_folder_in_use_or_unsupported_setting_stops_the_start(server):
    def start(**own):
        port = free_port()
        own = {"QDRANT__SERVICE__HTTP_PORT": str(port), **own}
        with serving("localcloud.qdrant", f"http://127.0.0.1:{port}", server.folder / "second", **own):
            pass

    with pytest.raises(AssertionError, match="another server is on"):
        start(QDRANT__STORAGE__STORAGE_PATH=str(server.folder / "storage"))
    with pytest.raises(AssertionError, match="QDRANT__SERVICE__ENABLE_TLS is not supported"):
        start(QDRANT__SERVICE__ENABLE_TLS="true")
