from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route

from tests.delivery.served import served

NOTIFY = ("ci", "notify", "--status", "failure", "--title", "deploy of v1 to prod", "--text", "it failed")
PATH = "/hook/s3cretpath"


@pytest.fixture
def webhook(monkeypatch):
    """What was posted; `answer` is what the server says."""
    posted = []

    async def take(request):
        posted.append(await request.json())
        return posted.answer() if hasattr(posted, "answer") else PlainTextResponse("taken", 202)

    class Posted(list):
        pass

    posted = Posted()
    with served(Starlette(routes=[Route(PATH, take, methods=["POST"])])) as url:
        monkeypatch.setenv("NOTIFICATION_WEBHOOK_URL", url + PATH)
        yield posted


def test_a_webhook_gets_what_ended_and_how(webhook, slipway):
    assert slipway(*NOTIFY)[0] == 0
    [message] = webhook
    assert (message["status"], message["title"]) == ("failure", "❌ deploy of v1 to prod")
    assert message["text"].startswith("it failed")


@pytest.mark.parametrize("answer", [lambda: PlainTextResponse("no", 500), lambda: RedirectResponse("/other")])
def test_a_refused_webhook_is_a_failure_without_the_address(webhook, slipway, answer):
    webhook.answer = answer
    status, said = slipway(*NOTIFY)
    assert status == 1
    assert "the server of NOTIFICATION_WEBHOOK_URL answers" in said
    assert "s3cretpath" not in said


def test_an_unreachable_webhook_is_a_failure_without_the_address(slipway, monkeypatch):
    monkeypatch.setenv("NOTIFICATION_WEBHOOK_URL", f"http://127.0.0.1:1{PATH}")
    status, said = slipway(*NOTIFY)
    assert status == 1
    assert "webhook: ConnectError" in said
    assert "s3cretpath" not in said


def test_half_an_address_is_refused_without_a_word_of_it(slipway, monkeypatch):
    monkeypatch.setenv("NOTIFICATION_WEBHOOK_URL", "pager.example/s3cretpath")
    status, said = slipway(*NOTIFY)
    assert (status, "NOTIFICATION_WEBHOOK_URL is not the address of a webhook" in said) == (1, True)
    assert "s3cretpath" not in said
