from __future__ import annotations

import email
import email.policy
import smtplib
import ssl

import pytest

TITLE = ("ci", "notify", "--status", "failure", "--title")


def read(envelope):
    return email.message_from_bytes(envelope.content, policy=email.policy.default)


@pytest.fixture
def trusted(monkeypatch, tmp_path):
    """Have this process trust the certificate that the server has."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    return tmp_path


def test_a_message_has_a_date_and_an_id(mail, slipway):
    slipway(*TITLE, "deploy")
    message = read(mail.messages[0])
    assert message["message-id"].endswith("@example.com>")
    assert message["date"].datetime.tzinfo is not None


def test_names_and_subjects_may_have_any_letters(mail, slipway, monkeypatch):
    monkeypatch.setenv("SMTP_FROM", "Zoë, Betrieb <ci@example.com>".replace("Zoë, ", "Zoë "))
    monkeypatch.setenv("SMTP_TO", '"Ærø, Ops" <a@b.c>, d@bücher.example')
    assert slipway(*TITLE, "Verteilung nach Køge", "--text", "größer\n.\nals vorher")[0] == 0
    message = read(mail.messages[0])
    assert message["subject"] == "❌ Verteilung nach Køge"
    assert [address.display_name for address in message["to"].addresses] == ["Ærø, Ops", ""]
    assert message["from"].addresses[0].display_name == "Zoë Betrieb"
    assert message.get_content().replace("\r\n", "\n") == "größer\n.\nals vorher\n"
    assert mail.messages[0].rcpt_tos == ["a@b.c", "d@xn--bcher-kva.example"]


@pytest.mark.parametrize("to", ["a@b.c, d@e.f", "a@b.c,d@e.f,", "a@b.c\nd@e.f\n", "A <a@b.c>, D <d@e.f>"])
def test_several_people_get_it(mail, slipway, monkeypatch, to):
    monkeypatch.setenv("SMTP_TO", to)
    assert slipway(*TITLE, "deploy")[0] == 0
    assert mail.messages[0].rcpt_tos == ["a@b.c", "d@e.f"]


@pytest.mark.parametrize("title", ["fine\nBcc: eve@example.com", "fine\r\nBcc: eve@example.com", "fine\u2028Bcc: x"])
def test_a_title_of_several_lines_cannot_add_headers(mail, slipway, title):
    assert slipway(*TITLE, title)[0] == 0
    assert mail.messages[0].rcpt_tos == ["a@b.c"]
    assert set(read(mail.messages[0]).keys()) == {
        "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "Content-Type",
        "Content-Transfer-Encoding", "MIME-Version", "X-Peer", "X-MailFrom", "X-RcptTo",
    } - {"X-Peer", "X-MailFrom", "X-RcptTo"}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "smtp", "SMTP_PORT is 'smtp'; write a number such as 587 or 465"),
        ("PORT", "-1", "SMTP_PORT is '-1'"),
        ("PORT", "70000", "SMTP_PORT is '70000'"),
        ("PORT", "٥٨٧", "SMTP_PORT is"),
        ("HOST", "smtp.example.com:587", "write a host alone, such as smtp.example.com"),
        ("HOST", "smtp example", "write a host alone"),
        ("TO", "somebody", "SMTP_TO is 'somebody'; write e-mail addresses such as ops@example.com"),
        ("TO", "a@b.c, nobody", "SMTP_TO is 'a@b.c, nobody'"),
        ("TO", "a@b..c", "SMTP_TO"),
        ("FROM", "a@b.c, d@e.f", "SMTP_FROM has 2 addresses; write one"),
        ("FROM", "ci@example.com\nBcc: eve@example.com", "SMTP_FROM"),
        ("PASSWORD", "correct horse", "SMTP_USERNAME is not set, and SMTP_PASSWORD is"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(mail, slipway, monkeypatch, name, value, said):
    monkeypatch.setenv(f"SMTP_{name}", value)
    status, text = slipway(*TITLE, "deploy")
    assert (status, said in text, mail.messages) == (5, True, []), text


def test_a_refused_address_is_named_and_the_others_get_it(mail, slipway, monkeypatch):
    mail.strangers = {"gone@example.com"}
    monkeypatch.setenv("SMTP_TO", "good@example.com, gone@example.com")
    status, said = slipway(*TITLE, "deploy")
    assert (status, "e-mail: not to all: gone@example.com (550 no such user); the others got it" in said) == (1, True)
    assert mail.messages[0].rcpt_tos == ["good@example.com"]


def test_when_nobody_is_known_nobody_gets_it(mail, slipway):
    mail.strangers = {"a@b.c"}
    status, said = slipway(*TITLE, "deploy")
    assert (status, "every recipient was refused: a@b.c (550 no such user)" in said, mail.messages) == (1, True, [])


def test_port_465_begins_with_tls(slipway, monkeypatch):
    begun = []

    class Begun(smtplib.SMTP_SSL):
        def __init__(self, host, port, *, context, **_):
            begun.append((port, context.verify_mode, context.check_hostname))
            raise OSError("far enough")

    monkeypatch.setattr(smtplib, "SMTP_SSL", Begun)
    for name, value in {"HOST": "127.0.0.1", "PORT": "465", "FROM": "a@b.c", "TO": "d@e.f"}.items():
        monkeypatch.setenv(f"SMTP_{name}", value)
    slipway(*TITLE, "deploy")
    assert begun == [(465, ssl.CERT_REQUIRED, True)]


@pytest.mark.parametrize("tls", ["starttls", "from the start"])
def test_a_password_goes_by_tls(smtp_server, trusted, slipway, monkeypatch, tls):
    box = smtp_server(tls, trusted)
    if tls == "from the start":
        monkeypatch.setattr("delivery.notification.mail.TLS_PORTS", {box.port})
    monkeypatch.setenv("SMTP_USERNAME", "ci")
    monkeypatch.setenv("SMTP_PASSWORD", "correct horse\n")
    assert slipway(*TITLE, "deploy") == (0, "notified by e-mail\n")
    assert [(login, password) for _, login, password in box.logins] == [(b"ci", b"correct horse")]
    assert len(box.messages) == 1


@pytest.mark.parametrize("tls", ["starttls", "from the start"])
def test_a_server_with_a_certificate_of_its_own_gets_nothing(smtp_server, tmp_path, slipway, monkeypatch, tls):
    box = smtp_server(tls, tmp_path)
    if tls == "from the start":
        monkeypatch.setattr("delivery.notification.mail.TLS_PORTS", {box.port})
    status, said = slipway(*TITLE, "deploy")
    assert (status, "CERTIFICATE_VERIFY_FAILED" in said, box.messages) == (1, True, [])


def test_a_password_is_not_sent_in_clear(mail, slipway, monkeypatch):
    monkeypatch.setenv("SMTP_USERNAME", "ci")
    monkeypatch.setenv("SMTP_PASSWORD", "correct horse")
    status, said = slipway(*TITLE, "deploy")
    assert (status, "offers no TLS" in said) == (5, True)
    assert mail.messages == []


def test_a_server_that_does_not_answer_is_named(slipway, monkeypatch):
    for name, value in {"HOST": "127.0.0.1", "PORT": "9", "FROM": "a@b.c", "TO": "d@e.f"}.items():
        monkeypatch.setenv(f"SMTP_{name}", value)
    status, said = slipway(*TITLE, "deploy")
    assert (status, "e-mail: 127.0.0.1:9: " in said) == (1, True)


def test_a_farewell_that_fails_does_not_undo_what_was_taken(mail, slipway, monkeypatch):
    def leave(self):
        raise smtplib.SMTPResponseException(421, b"too busy")

    monkeypatch.setattr(smtplib.SMTP, "quit", leave)
    assert slipway(*TITLE, "deploy") == (0, "notified by e-mail\n")
