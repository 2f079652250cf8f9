"""The service against its own description, with inputs that schemathesis makes up."""

from __future__ import annotations

import asyncio

import pytest
import schemathesis
from conftest import migrated
from databases.postgresql import reset
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from app.main import create_app
from app.models import Todo
from chassis.settings import ServiceSettings

EXAMPLES = 150  # of each operation: all together take about half a minute
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


app = create_app(ServiceSettings(database_url="sqlite+aiosqlite://"))
schema = schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.fixture(scope="module")
def todo(postgres):
    """The id of a todo of the application on PostgreSQL, which refuses more than SQLite."""
    reset(postgres)
    service = ServiceSettings(database_url=postgres)
    migrated(service)
    # Each request has an event loop of its own here, to which a connection belongs.
    engine = create_async_engine(service.database_url, poolclass=NullPool)
    app.state.database.sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def add():
        async with app.state.database.sessions.begin() as session:
            made = Todo(title="to be changed")
            session.add(made)
        return str(made.id)

    return asyncio.run(add())


@schema.include(path_regex="^/todos").parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_description_has(case, todo):
    if case.method == "PATCH":  # or no change would get farther than 404
        case.path_parameters["todo_id"] = todo
    case.call_and_validate(checks=CHECKS)


def test_errors_are_described_as_problems():
    described = app.openapi()
    assert "HTTPValidationError" not in described["components"]["schemas"]
    for path in described["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (operation, status)
    responses = {
        method: set(operation["responses"]) for method, operation in described["paths"]["/todos/{todo_id}"].items()
    }
    assert responses["patch"] == {"200", "400", "404", "413", "422", "500", "503"}
    assert {"400", "409", "413", "422"} < set(described["paths"]["/todos"]["post"]["responses"])
