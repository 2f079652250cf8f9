"""OpenTelemetry traces of the backend: of a real process, to a collector on loopback."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from contextlib import ExitStack

import httpx
import pytest
from databases.ports import free_port
from pydantic import ValidationError
from services.accounts import PASSWORD, sign_up
from services.collector import Collector, imported_packages
from services.process import ROOT, serving

from chassis.database import Database
from chassis.settings import ServiceSettings

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
SERVER, CLIENT = 2, 3  # kinds of spans in OTLP


@pytest.fixture
def collector():
    with Collector() as running:
        yield running


@pytest.fixture
def start(database_url, tmp_path):
    """Run a server with this environment; (process, client, log)."""
    log, port = tmp_path / "log", free_port()
    url = f"http://127.0.0.1:{port}"
    own = {"DATABASE_URL": database_url, "MIGRATE_ON_START": "true", "PORT": str(port), "RELEASE_SHA": "abc"}
    stack = ExitStack()

    def begin(environment):
        process = stack.enter_context(serving("app.main", url, log, folder=ROOT / "backend", **own, **environment))
        return process, stack.enter_context(httpx.Client(base_url=url, timeout=10)), log

    with stack:
        yield begin


async def remove_todos(url):
    database = Database(ServiceSettings(database_url=url).database_url)
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE user_todos")
    await database.close()


def test_a_request_continues_its_callers_trace_down_to_the_database(start, collector, database_url):
    _, client, log = start(collector.environment)
    sign_up(client)
    made = client.post("/todos", json={"title": "buy milk"}, headers=TRACEPARENT).json()
    sent = collector.wait(lambda span: span.kind == SERVER and span.trace == TRACE)
    spans = [span for span in sent if span.trace == TRACE]
    server = next(span for span in spans if span.kind == SERVER)
    assert (server.trace, server.parent, server.name) == (TRACE, CALLER, "POST /todos")
    assert (server.service, server.version) == ("backend", "abc")
    assert server.attributes == {
        "http.request.method": "POST",
        "http.route": "/todos",
        "http.response.status_code": 201,
        "server.address": client.base_url.host,
        "server.port": client.base_url.port,
    }
    insert = next(
        span for span in spans if span.attributes.get("db.query.text", "").startswith("INSERT INTO user_todos ")
    )
    assert (insert.parent, insert.kind, insert.name) == (server.id, CLIENT, "INSERT")
    assert insert.attributes["db.system.name"] == database_url.partition(":")[0]
    assert {span.parent for span in spans if span.kind == CLIENT} == {server.id}

    client.get(f"/todos/{made['id']}")
    names = {span.name for span in collector.wait(lambda span: span.name.startswith("GET"))}
    assert names >= {"GET /todos/{todo_id}", "SELECT"}
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert next(line for line in lines if line.get("path") == "/todos")["trace_id"] == TRACE


def test_nothing_that_a_user_wrote_or_has_is_exported(start, collector):
    _, client, _ = start(collector.environment)
    sign_up(client)
    private = {"Authorization": "Bearer PRIVATE", "User-Agent": "PRIVATE"}
    todo = {"title": "PRIVATE title", "description": "PRIVATE text"}
    client.post("/todos", json=todo, headers=private | {"Idempotency-Key": "PRIVATE"})
    client.get("/todos", params={"q": "PRIVATE"}, headers=private)
    client.get("/PRIVATE", headers=private)
    client.get("/todos/PRIVATE", headers=private)
    collector.wait(lambda span: span.attributes.get("http.response.status_code") == 422)
    assert len([span for span in collector.spans() if span.kind == SERVER]) == 5
    for words in ("PRIVATE", PASSWORD, client.cookies["session"]):
        assert words.encode() not in b"".join(collector.received)


def test_a_failed_statement_is_a_failed_span_without_the_error_text(start, collector, database_url):
    _, client, _ = start(collector.environment)
    sign_up(client)
    asyncio.run(remove_todos(database_url))
    status = client.get("/todos?q=PRIVATE").status_code
    spans = collector.wait(lambda span: span.name == "GET /todos")
    listing = next(span for span in spans if span.name == "GET /todos")
    assert listing.attributes["http.response.status_code"] == status
    failed = {span.name: span.attributes["error.type"] for span in spans if span.failed}
    assert failed.keys() == {"GET /todos", "WITH"}  # a statement's span has its first word
    assert failed["WITH"] in {"OperationalError", "ProgrammingError"}  # of SQLite, of PostgreSQL
    for words in (b"does not exist", b"no such table", b"PRIVATE"):
        assert words not in b"".join(collector.received)


def test_health_is_not_traced_nor_what_belongs_to_no_request(start, collector):
    _, client, _ = start(collector.environment)  # which migrates, and asks /readyz
    for path in ("/livez", "/readyz", "/metrics"):
        assert client.get(path, headers=TRACEPARENT).status_code == 200
    client.get("/version")
    collector.wait(lambda span: span.name == "GET /version")
    assert [span.name for span in collector.spans()] == ["GET /version"]


def test_the_standard_variables_choose_the_sampler(start, collector):
    never = {"OTEL_TRACES_SAMPLER": "parentbased_always_off"}
    _, client, _ = start(collector.environment | never)
    client.get("/version")
    client.get("/todos", headers=TRACEPARENT)
    spans = collector.wait(lambda span: span.kind == SERVER)
    assert {span.trace for span in spans} == {span.trace for span in collector.spans()} == {TRACE}


def test_the_last_spans_are_sent_when_the_process_ends(start, collector):
    process, client, _ = start(collector.environment | {"OTEL_BSP_SCHEDULE_DELAY": "600000"})
    client.get("/todos")
    assert collector.spans() == []
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    assert "GET /todos" in {span.name for span in collector.spans()}


def test_a_silent_collector_delays_neither_a_request_nor_the_exit(start):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and says nothing
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process, client, _ = start({"OTEL_EXPORTER_OTLP_ENDPOINT": url})
        began = time.monotonic()
        assert client.get("/todos").status_code == 401
        assert time.monotonic() - began < 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in {0, -signal.SIGTERM}


def test_without_a_collector_nothing_that_traces_is_imported(tmp_path):
    imported = imported_packages("backend", "app.settings:BackendSettings", tmp_path / "todo.db")
    parts = {name.split(".")[1] for name in imported}
    assert "trace" in parts  # the interface alone, which FastAPI imports
    # Not `sdk`: redis imports that of metrics, and does nothing with it.
    assert parts.isdisjoint({"exporter", "proto"})


def test_an_address_that_is_no_url_is_refused_with_what_to_write():
    with pytest.raises(ValidationError, match=r"OTEL_EXPORTER_OTLP_ENDPOINT is collector:4317; write the URL"):
        ServiceSettings(otel_exporter_otlp_endpoint="collector:4317")
    assert ServiceSettings(otel_exporter_otlp_endpoint="").otel_exporter_otlp_endpoint is None
