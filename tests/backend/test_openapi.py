"""The service against its own description, with inputs that schemathesis makes up."""

from __future__ import annotations

import pytest
import schemathesis
from conftest import migrated
from databases.postgresql import reset
from services.contract import CHECKS, assert_errors_are_problems, same_examples, store_first

from app.main import create_app
from app.models import Todo
from chassis.settings import ServiceSettings

EXAMPLES = 150  # of each operation: all together take about half a minute


app = create_app(ServiceSettings(database_url="sqlite+aiosqlite://"))
schema = schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.fixture(scope="module")
def todo(postgres):
    """The id of a todo of the application on PostgreSQL, which refuses more than SQLite."""
    reset(postgres)
    service = ServiceSettings(database_url=postgres)
    migrated(service)
    return store_first(app, service.database_url, Todo(title="to be changed"))


@schema.include(path_regex="^/todos").parametrize()
@same_examples(EXAMPLES)
def test_every_answer_is_one_that_the_description_has(case, todo):
    if case.method == "PATCH":  # or no change would get farther than 404
        case.path_parameters["todo_id"] = todo
    case.call_and_validate(checks=CHECKS)


def test_errors_are_described_as_problems():
    described = app.openapi()
    assert_errors_are_problems(described)
    responses = {
        method: set(operation["responses"]) for method, operation in described["paths"]["/todos/{todo_id}"].items()
    }
    assert responses["patch"] == {"200", "400", "404", "413", "422", "500", "503"}
    assert {"400", "409", "413", "422"} < set(described["paths"]["/todos"]["post"]["responses"])
