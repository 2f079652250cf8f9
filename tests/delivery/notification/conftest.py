"""Slack's webhook and a real SMTP server, as delivery notifies people by them."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field

import pytest
from aiosmtpd.controller import Controller
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.delivery.served import served
from tests.delivery.tls import certified

PATH = "/services/T0SECRET/B0SECRET/xyz9SECRET"


@dataclass
class Slack:
    """What was sent to a webhook.

    Attributes:
        answers: `(status, text, headers)` to answer in turn; then it takes what it gets.
    """

    sent: list = field(default_factory=list)
    answers: list = field(default_factory=list)

    async def take(self, request):
        self.sent.append((await request.json())["text"])
        status, text, headers = self.answers.pop(0) if self.answers else (200, "ok", {})
        return PlainTextResponse(text, status, headers)


@pytest.fixture
def slack(monkeypatch):
    made = Slack()
    with served(Starlette(routes=[Route(PATH, made.take, methods=["POST"])])) as url:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", f"{url}{PATH}")
        yield made


@dataclass
class Mailbox:
    """What a real SMTP server took, and whom it does not know."""

    messages: list = field(default_factory=list)
    strangers: set = field(default_factory=set)
    logins: list = field(default_factory=list)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.strangers:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.messages.append(envelope)
        return "250 OK"

    def authenticate(self, server, session, envelope, mechanism, login):
        from aiosmtpd.smtp import AuthResult

        self.logins.append((mechanism, login.login, login.password))
        return AuthResult(success=True)


class _WithTls(Controller):
    """One that begins with TLS. Its own check of whether it has started would not trust the certificate."""

    def _trigger_server(self):
        context = ssl._create_unverified_context()
        with socket.create_connection((self.hostname, self.port), 5) as plain, context.wrap_socket(plain) as secured:
            secured.recv(1024)


@pytest.fixture
def smtp_server(monkeypatch):
    """Start a server: `smtp_server(tls=None | "starttls" | "from the start")`; its certificate is in `folder`."""
    started = []

    def start(tls=None, folder=None):
        box, options, kind = Mailbox(), {}, Controller
        if tls:
            files = certified(folder)
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(files["ssl_certfile"], files["ssl_keyfile"])
            kind, options = (
                (Controller, {"tls_context": context, "authenticator": box.authenticate})
                if tls == "starttls"
                else (
                    _WithTls,
                    {"ssl_context": context, "authenticator": box.authenticate, "auth_require_tls": False},
                )
            )
        # aiosmtpd asks itself for an answer at the port it was given: it cannot be the system's choice.
        controller = kind(box, hostname="127.0.0.1", port=_free_port(), **options)
        controller.start()
        started.append(controller)
        values = {"HOST": "127.0.0.1", "PORT": controller.port, "FROM": "ci@example.com", "TO": "a@b.c"}
        for name, value in values.items():
            monkeypatch.setenv(f"SMTP_{name}", str(value))
        box.port = controller.port
        return box

    yield start
    for controller in started:
        controller.stop()


@pytest.fixture
def mail(smtp_server):
    """A server without TLS."""
    return smtp_server()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
