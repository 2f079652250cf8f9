"""A service against its own OpenAPI description, with inputs that schemathesis makes up."""

from __future__ import annotations

import asyncio

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

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def same_examples(number):
    """Hypothesis' settings for so many examples of each operation, the same in every run."""
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def store_first(app, url, entry):
    """Have the application use a migrated database, and store an entry in it."""
    # Each request has an event loop of its own here, to which a connection belongs.
    engine = create_async_engine(url, poolclass=NullPool)
    app.state.database.sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def add():
        async with app.state.database.sessions.begin() as session:
            session.add(entry)

    asyncio.run(add())


def assert_errors_are_problems(description):
    """Every error that the description has is `application/problem+json`."""
    assert "HTTPValidationError" not in description["components"]["schemas"]
    for path in description["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (operation, status)
