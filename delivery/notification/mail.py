"""Send a message by e-mail, through the server of whoever runs Slipway."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, make_msgid

from delivery.notification.message import Notification, clean
from delivery.outcome import DeliveryError, MissingError

TIMEOUT_SECONDS = 15
SUBMISSION_PORT = 587  # RFC 6409; with STARTTLS
TLS_PORTS = {465, 2465}  # TLS from the first byte: RFC 8314, and where providers offer it beside 465
HIGHEST_PORT = 65535
NEEDED = ("SMTP_HOST", "SMTP_FROM", "SMTP_TO")
MOST_TEXT = 200  # characters of a server's answer that are shown


@dataclass(frozen=True)
class MailSettings:
    """The server, and who writes to whom."""

    host: str
    port: int
    sender: Address
    recipients: tuple[Address, ...]
    username: str
    password: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> MailSettings | None:
        """SMTP_HOST, SMTP_FROM, SMTP_TO; SMTP_PORT, SMTP_USERNAME and SMTP_PASSWORD where needed; None without any.

        Raises:
            MissingError: some are not set, or not usable.
        """
        given = {name: environment.get(name, "").strip() for name in NEEDED}
        if not any(given.values()):
            return None
        if missing := [name for name, value in given.items() if not value]:
            raise MissingError(f"e-mail is half configured: {', '.join(missing)} is not set")
        senders = _read_addresses("SMTP_FROM", given["SMTP_FROM"])
        if len(senders) > 1:
            raise MissingError(f"SMTP_FROM has {len(senders)} addresses; write one")
        username, password = (environment.get(f"SMTP_{name}", "").strip() for name in ("USERNAME", "PASSWORD"))
        if password and not username:
            raise MissingError("e-mail is half configured: SMTP_USERNAME is not set, and SMTP_PASSWORD is")
        if any(each.isspace() or not each.isprintable() for each in given["SMTP_HOST"]) or ":" in given["SMTP_HOST"]:
            raise MissingError(f"SMTP_HOST is {given['SMTP_HOST']!r}; write a host alone, such as smtp.example.com")
        recipients = _read_addresses("SMTP_TO", given["SMTP_TO"])
        port = _read_port(environment.get("SMTP_PORT", "").strip())
        return cls(given["SMTP_HOST"], port, senders[0], recipients, username, password)


def send_mail(notification: Notification, environment: Mapping[str, str]) -> bool:
    """Send it; returns False where no e-mail is configured.

    Raises:
        MissingError: it is half configured, or the server offers no TLS to send a password by.
        DeliveryError: the server does not answer, refused the message, or refused recipients; the others got it.
    """
    settings = MailSettings.read(environment)
    if settings is None:
        return False
    try:
        refused = _send(_compose(notification, settings), settings)
    except smtplib.SMTPRecipientsRefused as error:
        raise DeliveryError(f"every recipient was refused: {_describe(error.recipients)}") from error
    except smtplib.SMTPResponseException as error:
        words = _shorten(error.smtp_error)
        raise DeliveryError(f"{settings.host} answers {error.smtp_code}: {words}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(f"{settings.host}:{settings.port}: {error or type(error).__name__}") from error
    if refused:
        raise DeliveryError(f"not to all: {_describe(refused)}; the others got it")
    return True


def _send(message: EmailMessage, settings: MailSettings) -> Mapping[str, tuple[int, bytes]]:
    """Send it; returns the recipients that were refused, each with the server's answer."""
    server = _connect(settings)
    try:
        _log_in(server, settings)
        to = [address.addr_spec for address in settings.recipients]
        return server.send_message(message, settings.sender.addr_spec, to)
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):  # the message is taken or not by now
            server.quit()
        server.close()


def _compose(notification: Notification, settings: MailSettings) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = notification.subject
    message["From"], message["To"] = settings.sender, settings.recipients
    message["Date"] = format_datetime(datetime.now(UTC))
    # The sender's domain, not this machine's name, which is nobody's business and takes seconds to look up.
    message["Message-ID"] = make_msgid(domain=settings.sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday note comes back
    message.set_content(notification.body or notification.subject)
    return message


def _connect(settings: MailSettings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.port in TLS_PORTS:
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_SECONDS, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_SECONDS)
    try:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
    except BaseException:
        server.close()
        raise
    return server


def _log_in(server: smtplib.SMTP, settings: MailSettings) -> None:
    if not settings.username:
        return
    if not isinstance(server.sock, ssl.SSLSocket):
        raise MissingError(f"{settings.host} offers no TLS: the password is not sent to it in clear")
    server.login(settings.username, settings.password)


def _read_port(text: str) -> int:
    if not text:
        return SUBMISSION_PORT
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= HIGHEST_PORT:
        raise MissingError(f"SMTP_PORT is {text!r}; write a number such as {SUBMISSION_PORT} or 465")
    return int(text)


def _read_addresses(variable: str, text: str) -> tuple[Address, ...]:
    """Addresses with commas or line ends between them: `ops@example.com` or `Operations <ops@example.com>`."""
    found = []
    for name, address in getaddresses([text.replace("\r", "\n").strip(",\n ").replace("\n", ",")]):
        user, _, domain = address.rpartition("@")
        if not (user and domain) or any(each.isspace() or not each.isprintable() for each in address):
            raise MissingError(f"{variable} is {text!r}; write e-mail addresses such as ops@example.com")
        try:
            found.append(Address(clean(name), user, domain.encode("idna").decode()))
        except (ValueError, IndexError) as error:
            raise MissingError(f"{variable} has {address!r}, which is no e-mail address: {error}") from error
    return tuple(found)


def _describe(refused: Mapping[str, tuple[int, bytes]]) -> str:
    return ", ".join(f"{address} ({status} {_shorten(answer)})" for address, (status, answer) in refused.items())


def _shorten(answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:MOST_TEXT]
