"""The service against its own description, with inputs that schemathesis makes up."""

from __future__ import annotations

import json
import uuid

import pytest
import schemathesis
from databases.postgresql import reset
from services.contract import CHECKS, assert_errors_are_problems, same_examples, store_first
from services.migrations import migrate

from app.backend import BackendUnavailableError, NotSignedInError
from app.main import create_app
from app.migrate import MIGRATIONS
from app.models import Conversation
from app.settings import ChatSettings

EXAMPLES = 100  # of each operation: all together take about half a minute
OWNER, TOKEN = uuid.uuid4(), "token-of-the-owner"
OTHER_TOKEN = "token-of-another"  # who makes conversations: the owner's would be removed when there are too many
USERS = {TOKEN: OWNER, OTHER_TOKEN: uuid.uuid4()}
NOBODY = "http://127.0.0.1:9"

# Neither todos nor Qdrant: what is said is understood, and the answer ends with an error in its stream.
app = create_app(
    ChatSettings(
        database_url="sqlite+aiosqlite://",
        redis_url=None,
        chat_limit="1000000/minute",
        backend_url=NOBODY,
        qdrant_url=NOBODY,
    )
)


async def ask(token, method, path, **_):
    """What the backend answers: who is signed in, and nothing more."""
    if path != "/session":
        raise BackendUnavailableError(path)
    if token not in USERS:
        raise NotSignedInError(token)
    return {"id": str(USERS[token])}


app.state.backend.ask = ask
schema = schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.fixture(scope="module")
def conversation(postgres):
    """The id of a conversation of the application on PostgreSQL, which refuses more than SQLite."""
    reset(postgres)
    service = ChatSettings(database_url=postgres)
    migrate(MIGRATIONS, service.database_url)
    entry = Conversation(owner_id=OWNER)
    store_first(app, service.database_url, entry)
    return str(entry.id)


@schema.include(path_regex="^/conversations").parametrize()
@same_examples(EXAMPLES)
def test_every_answer_is_one_that_the_description_has(case, conversation):
    case.cookies = {"session": TOKEN if case.path_parameters else OTHER_TOKEN}
    is_found = bool(case.method in {"GET", "POST"} and case.path_parameters)
    if is_found:  # or nothing would get farther than 404
        case.path_parameters["conversation_id"] = conversation
    response = case.call_and_validate(checks=CHECKS)
    assert not (is_found and "there is no conversation" in response.text)


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
    assert_errors_are_problems(described)
    paths = described["paths"]
    assert {"404", "409", "413", "422", "429"} < set(
        paths["/conversations/{conversation_id}/messages"]["post"]["responses"]
    )
    assert {"404", "422"} < set(paths["/conversations/{conversation_id}"]["get"]["responses"])
    for operation in (each for path in paths if path.startswith("/conversations") for each in paths[path].values()):
        assert "429" in operation["responses"]


def test_every_route_of_conversations_asks_for_the_sessions_cookie():
    described = app.openapi()
    assert described["components"]["securitySchemes"]["APIKeyCookie"]["in"] == "cookie"
    for path, operations in described["paths"].items():
        for operation in operations.values():
            asks = operation.get("security") == [{"APIKeyCookie": []}]
            assert asks == ("401" in operation["responses"]) == path.startswith("/conversations"), path
