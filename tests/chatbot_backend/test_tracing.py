"""OpenTelemetry traces from the web app's server to the databases: real processes, and a collector on loopback."""

from __future__ import annotations

import time
from contextlib import ExitStack

import httpx
import pytest
from databases.ports import free_port
from model_server import scripted
from services.accounts import PASSWORD, sign_up
from services.collector import Collector, imported_packages
from services.process import ROOT, serving
from web_server import web_server

SERVER, CLIENT = 2, 3  # kinds of spans in OTLP
OUTSIDE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
PRIVATE = {"Authorization": "Bearer PRIVATE", "User-Agent": "PRIVATE"}
WORD = "quokkas"  # which nothing else has: the chat asks the backend for it in lower case
QUESTION = {"content": f'find "{WORD}" in my todos'}


@pytest.fixture
def collector():
    with Collector() as running:
        yield running


@pytest.fixture
def start(tmp_path):
    """Run the backend, the chat and the web app's server with this environment; a user's client of the last."""
    stack = ExitStack()
    ports = {name: free_port() for name in ("backend", "chatbot_backend", "caddy")}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}

    def begin(environment):
        for service in ("backend", "chatbot_backend"):
            own = {
                "PORT": str(ports[service]),
                "DATABASE_URL": f"sqlite:///{tmp_path}/{service}.db",
                "MIGRATE_ON_START": "true",
                "BACKEND_URL": urls["backend"],
                "REDIS_URL": "",
                "QDRANT_URL": "http://127.0.0.1:9",  # nobody there
            }
            log, folder = tmp_path / service, ROOT / service
            stack.enter_context(serving("app.main", urls[service], log, folder=folder, **own, **environment))
        upstreams = {"BACKEND_URL": urls["backend"], "CHATBOT_BACKEND_URL": urls["chatbot_backend"]}
        own = {"PORT": str(ports["caddy"]), "OTEL_SERVICE_NAME": "chatbot-frontend"}
        stack.enter_context(web_server(urls["caddy"], tmp_path, **upstreams, **own, **environment))
        client = stack.enter_context(httpx.Client(base_url=urls["caddy"], timeout=20, headers=PRIVATE))
        sign_up(client, url="/api")
        return client

    with stack:
        yield begin


def wait_for(words, log):
    """The log, as soon as it has the words."""
    deadline = time.monotonic() + 20
    while words not in (text := log.read_text()):
        assert time.monotonic() < deadline, text
        time.sleep(0.05)
    return text


def ask(client):
    """One question, whose answer needs the backend and both databases; the conversation's id."""
    conversation = client.post("/chat/conversations").json()["id"]
    path = f"/chat/conversations/{conversation}/messages"
    assert "event: done" in client.post(path, json=QUESTION, headers={"traceparent": OUTSIDE}).text
    return conversation


def test_a_question_is_one_trace_from_the_web_app_to_the_database(start, collector):
    ask(start(collector.environment))
    spans = collector.wait(lambda span: span.name == "POST /conversations/{conversation_id}/messages")
    spans = collector.wait(lambda span: span.trace == spans[0].trace and span.service == "chatbot-frontend")

    web = next(span for span in spans if span.service == "chatbot-frontend")
    chat = next(span for span in spans if (span.service, span.kind) == ("chatbot-backend", SERVER))
    listing = next(span for span in spans if (span.service, span.name) == ("backend", "GET /todos"))
    call = next(span for span in spans if span.id == listing.parent)
    statements = [span for span in spans if "db.query.text" in span.attributes]
    assert (web.parent, web.name) == ("", "POST /chat/conversations")
    assert web.trace not in OUTSIDE  # nobody outside says what is traced
    assert chat.parent == web.id
    assert (call.service, call.kind, call.parent) == ("chatbot-backend", CLIENT, chat.id)
    assert call.attributes["url.full"].endswith("/todos")
    assert "messages" in tables(statements, chat)
    assert "user_todos" in tables(statements, listing)


def test_the_trace_reaches_backend_and_qdrant_but_not_the_model(start, collector):
    with scripted() as (model, url):
        model.script = [[("search_todos", {"query": "milk"})], "Done."]
        ask(start({**collector.environment, "ASSISTANT": "openai", "OPENAI_BASE_URL": url}))
    assert [asked["trace"] for asked in model.asked] == [None, None]
    spans = collector.wait(lambda span: span.name == "POST /conversations/{conversation_id}/messages")
    calls = {span.attributes.get("url.full") for span in spans if span.service == "chatbot-backend"} - {None}
    assert {httpx.URL(call).path.split("/")[1] for call in calls} == {"session", "todos", "collections"}


def tables(statements, parent):
    words = " ".join(span.attributes["db.query.text"] for span in statements if span.parent == parent.id)
    return words.replace(".", " ").split()


def test_traces_contain_no_user_text_credential_or_conversation_id(start, collector):
    client = start(collector.environment)
    conversation = ask(client)
    client.get("/api/todos", params={"q": WORD})
    collector.wait(lambda span: span.name == "GET /api")
    exported = b"".join(collector.received).lower()
    for private in ("PRIVATE", WORD, PASSWORD, client.cookies["session"], conversation):
        assert private.lower().encode() not in exported


def test_a_trace_begins_with_a_request_and_not_with_health_or_files(start, collector):
    client = start(collector.environment)
    for path in ("/livez", "/readyz", "/health", "/version", "/metrics", "/"):
        client.get(path)
    client.get("/api/todos")
    collector.wait(lambda span: span.name == "GET /api")
    first = {(span.service, span.name) for span in collector.spans() if not span.parent}
    assert first == {("chatbot-frontend", "POST /api"), ("chatbot-frontend", "GET /api")}


def test_no_log_line_has_what_a_user_searches_for_or_is_signed_in_by(start, tmp_path):
    client = start({})
    client.get("/api/todos", params={"q": WORD, "limit": 7})
    ask(client)
    assert "limit=7" in wait_for("limit=7", tmp_path / "caddy")
    for log in ("caddy", "backend", "chatbot_backend"):
        lines = wait_for("/todos" if log != "chatbot_backend" else "/messages", tmp_path / log).lower()
        for private in (WORD, PASSWORD, client.cookies["session"]):
            assert private.lower() not in lines


def test_without_a_collector_tracing_is_neither_active_nor_imported(start, tmp_path):
    client = start({})
    assert client.get("/api/todos", headers={"traceparent": OUTSIDE}).status_code == 200
    for log in ("backend", "caddy"):
        lines = wait_for("/todos", tmp_path / log)
        assert "trace_id" not in lines
        assert "traceID" not in lines
    imported = imported_packages("chatbot_backend", "app.settings:ChatSettings", tmp_path / "chat.db")
    # Not `sdk`: redis imports that of metrics, and does nothing with it.
    assert {name.split(".")[1] for name in imported}.isdisjoint({"exporter", "instrumentation", "proto"})
