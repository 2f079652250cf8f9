from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from delivery.outcome import RefusedError
from delivery.verification.maintenance import HEADER, refuse_during_maintenance
from tests.delivery.served import served


def answer(headers):
    """A service whose health path is `/`."""

    def reply(_):
        return PlainTextResponse("", 503, headers=headers)

    def answer_healthy(_):
        return PlainTextResponse("")

    return Starlette(routes=[Route("/", answer_healthy), Route("/{path:path}", reply)])


def test_a_service_that_shows_a_maintenance_page_is_refused_with_the_command_that_ends_it():
    with served(answer({HEADER: "on"})) as url, pytest.raises(RefusedError) as caught:
        refuse_during_maintenance("staging", {"backend": url})
    assert "slipway maintenance off --stack staging --service backend" in str(caught.value)


def test_a_service_that_fails_or_does_not_answer_is_not_in_maintenance():
    with served(answer({})) as url:
        refuse_during_maintenance("staging", {"backend": url, "web": "http://127.0.0.1:9"})
