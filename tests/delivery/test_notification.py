from __future__ import annotations

import json

import pytest
from aiosmtpd.controller import Controller
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.delivery.served import served

TOKEN = "ghp_" + "A1" * 18
MESSAGE = ("ci", "notify", "--status", "failure", "--title", "staging failed", "--text", f"it said {TOKEN}")


@pytest.fixture
def slack(monkeypatch):
    """What Slack was sent; its status can be changed."""
    state = {"status": 200, "sent": []}

    async def take(request):
        state["sent"].append((await request.json())["text"])
        return PlainTextResponse("ok" if state["status"] == 200 else "invalid_token", state["status"])

    with served(Starlette(routes=[Route("/services/T0/B0/xyz", take, methods=["POST"])])) as url:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", f"{url}/services/T0/B0/xyz")
        yield state


@pytest.fixture
def mail(monkeypatch):
    """The messages a real SMTP server took."""

    class Box:
        messages = []

        async def handle_DATA(self, server, session, envelope):
            self.messages.append(envelope)
            return "250 OK"

    box = Box()
    box.messages = []
    controller = Controller(box, hostname="127.0.0.1", port=0)
    # aiosmtpd asks itself for an answer at the port it was given: the one that the system chose.
    controller.port = _free_port()
    controller.start()
    for name, value in {
        "HOST": "127.0.0.1",
        "PORT": controller.port,
        "FROM": "ci@example.com",
        "TO": "a@b.c",
    }.items():
        monkeypatch.setenv(f"SMTP_{name}", str(value))
    yield box.messages
    controller.stop()


def _free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_without_configuration_it_is_silent_and_well(slipway):
    assert slipway(*MESSAGE) == (0, "no channel is configured\n")


def test_slack_and_e_mail_get_no_secrets(slack, mail, slipway, monkeypatch):
    for name, value in {"SERVER_URL": "https://github.com", "REPOSITORY": "acme/todo", "RUN_ID": "7"}.items():
        monkeypatch.setenv(f"GITHUB_{name}", value)
    status, said = slipway(*MESSAGE)
    assert (status, said) == (0, "notified by Slack and e-mail\n")
    assert slack["sent"] == ["*❌ staging failed*\nit said [redacted]\nhttps://github.com/acme/todo/actions/runs/7"]
    [message] = mail
    assert message.rcpt_tos == ["a@b.c"]
    assert TOKEN.encode() not in message.content


def test_one_channel_that_refuses_does_not_silence_the_other(slack, mail, slipway):
    slack["status"] = 403
    status, said = slipway(*MESSAGE)
    assert (status, "not sent: Slack: OSError: Slack answers 403: invalid_token" in said) == (1, True)
    assert len(mail) == 1
    assert "xyz" not in said


def test_half_of_a_configuration_is_named(slipway, monkeypatch):
    monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
    status, said = slipway(*MESSAGE)
    assert (status, "SMTP_FROM, SMTP_TO is not set" in said) == (5, True)


def test_a_password_is_not_sent_in_clear(mail, slipway, monkeypatch):
    monkeypatch.setenv("SMTP_USERNAME", "ci")
    monkeypatch.setenv("SMTP_PASSWORD", "correct horse")
    status, said = slipway(*MESSAGE)
    assert (status, "offers no TLS" in said) == (5, True)
    assert mail == []


def test_a_title_of_several_lines_cannot_add_headers(mail, slipway):
    assert slipway("ci", "notify", "--status", "success", "--title", "fine\nBcc: eve@example.com")[0] == 0
    assert mail[0].rcpt_tos == ["a@b.c"]
    assert b"\nBcc:" not in mail[0].content


def test_an_unknown_status_is_refused(slipway):
    assert slipway("ci", "notify", "--status", "great", "--title", "x")[0] == 2


@pytest.mark.parametrize(
    ("results", "sign"),
    [
        ({"plan": "success", "staging": "skipped", "production": "failure"}, "❌"),
        ({"plan": "success", "staging": "cancelled"}, "⏹️"),
        ({"plan": "success", "staging": "skipped"}, "✅"),
        ({"plan": "skipped"}, "⏭️"),
    ],
)
def test_worst_result_of_a_workflow_is_sent(slack, slipway, results, sign):
    needs = {job: {"result": result, "outputs": {}} for job, result in results.items()}
    assert slipway("ci", "notify", "--results", json.dumps(needs), "--title", "deploy")[0] == 0
    assert slack["sent"][0].startswith(f"*{sign} deploy*")


@pytest.mark.parametrize("results", ["", "[]", '{"plan": 5}'])
def test_results_that_are_none_are_refused(slipway, results):
    assert slipway("ci", "notify", "--results", results, "--title", "deploy")[0] == 5
