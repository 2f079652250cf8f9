from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.notification.message import Notification
from delivery.notification.slack import LONGEST, escape_slack
from tests.delivery.notification.conftest import PATH

SIGNS = ("\N{ASTERISK OPERATOR}", "\N{MODIFIER LETTER GRAVE ACCENT}", "\N{TILDE OPERATOR}")
TITLE = ("ci", "notify", "--status", "success", "--title")


def test_what_people_type_means_nothing_to_slack(slack, slipway):
    slipway(*TITLE, "rollback of prod to <!channel> & v1 > v0")
    assert slack.sent[0] == "*✅ rollback of prod to &lt;!channel&gt; &amp; v1 &gt; v0*"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*bold* `code` ~gone~", "{0}bold{0} {1}code{1} {2}gone{2}".format(*SIGNS)),
        ("<https://evil.example|fine>", "&lt;https://evil.example|fine&gt;"),
        ("&amp;lt;", "&amp;amp;lt;"),
        ("@channel @here me@here.example", "@\u200bchannel @\u200bhere me@\u200bhere.example"),
        ("my_name_is", "my_name_is"),
    ],
)
def test_every_mark_of_slack_is_only_a_sign(text, shown):
    assert escape_slack(text) == shown


def test_a_link_stays_the_same_address():
    assert escape_slack("see https://example.com/~ada/a*b?c=d&e=f now*") == (
        f"see https://example.com/~ada/a%2Ab?c=d&amp;e=f now{SIGNS[0]}"
    )


@given(st.text())
def test_no_text_has_marks_of_its_own(text):
    shown = escape_slack(text)
    assert not set("<>*`") & set(shown)


@pytest.mark.parametrize(
    "url",
    [
        "#deployments",
        "https://hooks.example.com/services/T0/B0/s3cret value",
        "http://hooks.example.com/services/T0/B0/s3cret",
        "hooks.example.com/services/T0/B0/s3cret",
        "https:///services/T0/B0/s3cret",
        "https://[/services/T0/B0/s3cret",
        "https://hooks.example.com/services/T0/B0/s3cret\nSLACK=1",
        "s3cret",
    ],
)
def test_a_wrong_webhook_is_explained_and_mail_goes_out(mail, slipway, monkeypatch, url):
    monkeypatch.setenv("SLACK_WEBHOOK_URL", url)
    status, said = slipway(*TITLE, "deploy")
    assert (status, len(mail.messages), "s3cret" in said) == (1, 1, False)
    assert "SLACK_WEBHOOK_URL is not the address of a webhook; copy it whole" in said


def test_a_line_end_after_the_webhook_does_no_harm(slack, slipway, monkeypatch):
    import os

    monkeypatch.setenv("SLACK_WEBHOOK_URL", os.environ["SLACK_WEBHOOK_URL"] + "\n")
    assert slipway(*TITLE, "deploy") == (0, "notified by Slack\n")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((400, "invalid_payload", {}), "Slack answers 400: invalid_payload"),
        ((404, "no_service", {}), "Slack answers 404: no_service"),
        ((500, "oops\nagain", {}), "Slack answers 500: oops again"),
        ((503, f"no route to {PATH}", {}), "Slack answers 503: no route to /[redacted]/[redacted]/[redacted]"),
        ((302, "", {"location": "/login"}), "Slack answers 302 and leads elsewhere: SLACK_WEBHOOK_URL is no webhook"),
        ((429, "", {"retry-after": "3600"}), "asked too often: Slack answers 429 and wants 3600 s of silence"),
    ],
)
def test_a_slack_error_is_reported_once_without_the_address(slack, slipway, answer, said):
    slack.answers = [answer]
    status, text = slipway(*TITLE, "deploy")
    assert (status, said in text, "SECRET" in text) == (1, True, False), text
    assert len(slack.sent) == 1


def test_a_rate_limit_is_waited_for(slack, slipway, monkeypatch):
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    slack.answers = [(429, "", {"retry-after": "7"}), (429, "", {})]
    assert slipway(*TITLE, "deploy") == (0, "notified by Slack\n")
    assert waited == [7.0, 1.0]


def test_a_rate_limit_that_does_not_end_is_reported(slack, slipway, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    slack.answers = [(429, "", {})] * 9
    status, said = slipway(*TITLE, "deploy")
    assert (status, "asked too often" in said, len(slack.sent)) == (1, True, 3)


def test_an_address_that_nobody_answers_at_is_not_quoted(slipway, monkeypatch):
    monkeypatch.setenv("SLACK_WEBHOOK_URL", f"http://127.0.0.1:9{PATH}")
    status, said = slipway(*TITLE, "deploy")
    assert (status, "Slack: ConnectError" in said, "SECRET" in said) == (1, True, False)


def test_a_long_message_is_cut_and_keeps_its_link():
    from delivery.notification.slack import _compose

    text = _compose(Notification("failure", "deploy", "<" * 9000, "https://github.com/acme/todo/actions/runs/7"))
    assert len(text) <= LONGEST
    assert text.endswith("&lt; …\nhttps://github.com/acme/todo/actions/runs/7")
