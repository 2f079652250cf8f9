"""The service against its own description, with inputs that schemathesis makes up."""

from __future__ import annotations

import asyncio
import json

import pytest
import schemathesis
from databases.postgresql import reset
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from services.migrations import migrate
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from app.main import create_app
from app.migrate import MIGRATIONS
from app.models import Conversation
from app.settings import ChatSettings

EXAMPLES = 100  # of each operation: all together take about half a minute
NOBODY = "http://127.0.0.1:9"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

# Neither todos nor Qdrant: what is said is understood, and the answer ends with an error in its stream.
app = create_app(
    ChatSettings(
        database_url="sqlite+aiosqlite://",
        redis_url=None,
        chat_limit="1000000/minute",
        backend_url=NOBODY,
        qdrant_url=NOBODY,
        index_in_service=False,
    )
)
schema = schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.fixture(scope="module")
def conversation(postgres):
    """The id of a conversation of the application on PostgreSQL, which refuses more than SQLite."""
    reset(postgres)
    service = ChatSettings(database_url=postgres)
    migrate(MIGRATIONS, service.database_url)
    # Each request has an event loop of its own here, to which a connection belongs.
    engine = create_async_engine(service.database_url, poolclass=NullPool)
    app.state.database.sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def add():
        async with app.state.database.sessions.begin() as session:
            made = Conversation()
            session.add(made)
        return str(made.id)

    return asyncio.run(add())


@schema.include(path_regex="^/conversations").parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_description_has(case, conversation):
    if case.method in {"GET", "POST"} and case.path_parameters:  # or nothing would get farther than 404
        case.path_parameters["conversation_id"] = conversation
    case.call_and_validate(checks=CHECKS)


@pytest.mark.parametrize("content", ["a\0b", "\ud800", "add \0", "\0"])
def test_what_no_database_keeps_is_refused(chat, content):
    body = json.dumps({"content": content}).encode()
    path = f"/conversations/{chat.conversation}/messages"
    reply = chat.post(path, content=body, headers={"content-type": "application/json"})
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert chat.history() == []


def test_a_body_without_end_is_refused(chat):
    reply = chat.post(f"/conversations/{chat.conversation}/messages", json={"content": "x" * 2_000_000})
    assert (reply.status_code, reply.headers["content-type"]) == (413, "application/problem+json")


def test_errors_are_described_as_problems():
    described = app.openapi()
    assert "HTTPValidationError" not in described["components"]["schemas"]
    for path in described["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (operation, status)
    paths = described["paths"]
    assert {"404", "409", "413", "422", "429"} < set(
        paths["/conversations/{conversation_id}/messages"]["post"]["responses"]
    )
    assert {"404", "422"} < set(paths["/conversations/{conversation_id}"]["get"]["responses"])
    assert "429" in paths["/conversations"]["post"]["responses"]
