from __future__ import annotations

import pytest

TOKEN = "ghp_" + "A1" * 18
MESSAGE = ("ci", "notify", "--status", "failure", "--title", "staging failed", "--text", f"it said {TOKEN}")


def test_without_configuration_it_is_silent_and_well(slipway):
    assert slipway(*MESSAGE) == (0, "no channel is configured\n")


def test_slack_and_e_mail_get_no_secrets(slack, mail, slipway, monkeypatch):
    for name, value in {"SERVER_URL": "https://github.com", "REPOSITORY": "acme/todo", "RUN_ID": "7"}.items():
        monkeypatch.setenv(f"GITHUB_{name}", value)
    status, said = slipway(*MESSAGE)
    assert (status, said) == (0, "notified by Slack and e-mail\n")
    assert slack.sent == ["*❌ staging failed*\nit said [redacted]\nhttps://github.com/acme/todo/actions/runs/7"]
    [message] = mail.messages
    assert message.rcpt_tos == ["a@b.c"]
    assert TOKEN.encode() not in message.content


def test_one_channel_that_refuses_does_not_silence_the_other(slack, mail, slipway):
    slack.answers = [(403, "invalid_token", {})]
    status, said = slipway(*MESSAGE)
    assert (status, "not sent: Slack: Slack answers 403: invalid_token; notified by e-mail" in said) == (1, True)
    assert len(mail.messages) == 1
    assert "SECRET" not in said


def test_a_channel_that_breaks_does_not_silence_the_other(mail, slipway, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("delivery.notification.channels.CHANNELS", (("Slack", broken), *_channels()[1:]))
    status, said = slipway(*MESSAGE)
    assert (status, "Slack: ZeroDivisionError: a defect" in said, len(mail.messages)) == (1, True, 1)


def _channels():
    from delivery.notification.channels import CHANNELS

    return CHANNELS


def test_an_incomplete_channel_is_named_and_the_other_one_is_used(slack, slipway, monkeypatch):
    monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
    status, said = slipway(*MESSAGE)
    assert (status, "SMTP_FROM, SMTP_TO is not set" in said, len(slack.sent)) == (5, True, 1)


@pytest.mark.parametrize(
    ("status", "sign"),
    [
        ("success", "✅"),
        ("failure", "❌"),
        ("cancelled", "⏹️"),
        ("rolled-back", "↩️"),
        ("skipped", "⏭️"),
        ("held", "✋"),
        ("waiting", "⏳"),
    ],
)
def test_each_status_has_a_sign(slack, slipway, status, sign):
    assert slipway("ci", "notify", "--status", status, "--title", "deploy")[0] == 0
    assert slack.sent == [f"*{sign} deploy*"]


@pytest.mark.parametrize("status", ["great", "returned", ""])
def test_an_unknown_status_is_refused(slipway, status):
    assert slipway("ci", "notify", "--status", status, "--title", "x")[0] == 2


@pytest.mark.parametrize("title", ["a\udcff b", "a\x00\x1b[31mb", "a\u202eb", "a\u2028b", "x" * 10_000])
def test_what_no_channel_can_carry_is_left_out(slack, mail, slipway, title):
    assert slipway("ci", "notify", "--status", "success", "--title", title, "--text", title) == (
        0,
        "notified by Slack and e-mail\n",
    )
    assert not {"\x00", "\x1b", "\u202e", "\u2028"} & set(slack.sent[0].partition("\n")[0])
    assert len(slack.sent[0]) <= 4000
