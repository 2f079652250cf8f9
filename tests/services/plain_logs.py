"""Logs of a service in its tests."""

from __future__ import annotations

import pytest
import structlog


@pytest.fixture(scope="session", autouse=True)
def plain_logs():
    """Without a configuration structlog draws tracebacks with rich, which schemathesis brings: that takes seconds each."""
    processors = structlog.processors
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            processors.add_log_level,
            processors.format_exc_info,
            processors.JSONRenderer(),
        ]
    )
