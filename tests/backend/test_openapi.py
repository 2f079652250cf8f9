"""The service against its own description, with inputs that schemathesis makes up."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
import schemathesis
from argon2 import PasswordHasher
from conftest import migrated
from databases.postgresql import reset
from services.contract import CHECKS, assert_errors_are_problems, same_examples, store_first

from app.main import create_app
from app.models import Todo, User, UserSession
from app.settings import BackendSettings
from chassis.columns import now

EXAMPLES = 100  # of each operation: all together take about a minute
NO_LIMIT = "1000000/second"
TOKEN = "of the session in which everything is asked"
# Who signs up or in has another session instead; these are asked without one.
ENDS_THE_SESSION = {("POST", "/users"), ("POST", "/session"), ("DELETE", "/session"), ("DELETE", "/sessions")}


app = create_app(BackendSettings(database_url="sqlite+aiosqlite://", sign_in_limit=NO_LIMIT, sign_up_limit=NO_LIMIT))
schema = schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.fixture(scope="module")
def todo(postgres):
    """The id of a todo of the signed-in user, in the application on PostgreSQL, which refuses more than SQLite."""
    reset(postgres)
    service = BackendSettings(database_url=postgres)
    migrated(service)
    user = User(name="anna", password_hash=PasswordHasher().hash("a password that no example has"))
    store_first(app, service.database_url, user)
    token_hash = hashlib.sha256(TOKEN.encode()).digest()
    store_first(
        app,
        service.database_url,
        UserSession(token_hash=token_hash, user_id=user.id, expires_at=now() + dt.timedelta(1)),
    )
    entry = Todo(title="to be changed", owner_id=user.id)
    store_first(app, service.database_url, entry)
    yield str(entry.id)
    assert schema["/session"]["GET"].Case(cookies={"session": TOKEN}).call().status_code == 200, (
        "the session ended: the rest got 401"
    )


@schema.include(path_regex="^/(todos|users|session$|sessions|password|user$)").parametrize()
@same_examples(EXAMPLES)
def test_every_answer_is_one_that_the_description_has(case, todo):
    case.cookies = {} if (case.method, case.path) in ENDS_THE_SESSION else {"session": TOKEN}
    if case.method == "PATCH":  # or no change would get farther than 404
        case.path_parameters["todo_id"] = todo
    case.call_and_validate(checks=CHECKS)


def test_errors_are_described_as_problems():
    described = app.openapi()
    assert_errors_are_problems(described)
    responses = {
        method: set(operation["responses"]) for method, operation in described["paths"]["/todos/{todo_id}"].items()
    }
    assert responses["patch"] == {"200", "400", "401", "403", "404", "413", "422", "500", "503"}
    assert {"400", "401", "409", "413", "422"} < set(described["paths"]["/todos"]["post"]["responses"])


def test_every_route_of_todos_asks_for_the_sessions_cookie():
    described = app.openapi()
    assert described["components"]["securitySchemes"]["APIKeyCookie"]["in"] == "cookie"
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            asks = operation.get("security") == [{"APIKeyCookie": []}]
            assert asks == ("401" in operation["responses"] and (method, path) != ("post", "/session")), (
                method,
                path,
            )
