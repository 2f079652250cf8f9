"""Questions to DigitalOcean's API that are not answered for the moment."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from delivery.account.digitalocean import DigitalOcean
from delivery.outcome import UnreachableError
from tests.delivery.served import served


@pytest.fixture
def account(monkeypatch):
    """An account whose API gives one answer after the other, the last for ever; the list of what it was asked."""
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "token")
    monkeypatch.setattr("delivery.account.connection.PAUSES_SECONDS", (0.0, 0.0))
    asked, answers = [], []

    def answer(request):
        asked.append(request.method)
        status = answers.pop(0) if len(answers) > 1 else answers[0]
        return JSONResponse({"sizes": [{"slug": "s", "price_monthly": 5}], "id": "x"}, status)

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "DELETE", "POST"])])
    with served(app) as url:
        yield url, answers, asked


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_request_is_retried_after_a_temporary_failure(account, status):
    url, answers, asked = account
    answers += [status, status, 200]
    with DigitalOcean(endpoint=url) as api:
        assert api.monthly_prices() == {"s": 5.0}
    assert asked == ["GET"] * 3


def test_an_api_that_keeps_refusing_is_unreachable(account):
    """So the caller can use another source."""
    url, answers, asked = account
    answers.append(429)
    with DigitalOcean(endpoint=url) as api, pytest.raises(UnreachableError, match="answers 429 to GET /v2/sizes"):
        api.monthly_prices()
    assert len(asked) == 3


def test_what_changes_something_is_asked_once(account):
    url, answers, asked = account
    answers.append(500)
    with DigitalOcean(endpoint=url) as api, pytest.raises(UnreachableError):
        api.collect_garbage("acme")
    assert asked == ["POST"]
