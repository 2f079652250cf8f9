"""Send a message by an incoming webhook of Slack, or of a chat that takes the same."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

import httpx

from delivery.notification.message import Notification
from delivery.notification.webhook_address import hide_address, refuse_other
from delivery.outcome import DeliveryError

VARIABLE = "SLACK_WEBHOOK_URL"
TIMEOUT_SECONDS = 15.0
LONGEST = 4000  # characters: docs.slack.dev, chat.postMessage; Slack itself cuts after 40 000
TRIES = 3
LONGEST_WAIT_SECONDS = 60.0  # for all tries together: a job has ten minutes
TOO_MANY = 429
MOST_TEXT = 100  # characters of Slack's answer that are shown
ADDRESS = re.compile(r"https?://[^\s<>]+")
# Slack has no escape for its own marks; signs that look the same take their place.
MARKS = str.maketrans(
    {"*": "\N{ASTERISK OPERATOR}", "`": "\N{MODIFIER LETTER GRAVE ACCENT}", "~": "\N{TILDE OPERATOR}"}
)
ADDRESS_MARKS = str.maketrans({"*": "%2A", "`": "%60"})  # in an address, which stays the same one
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Slack calls people by <!channel> alone; other chats that take its webhooks do by these words.
CALL = re.compile(r"@(?=(channel|here|all|everyone)\b)", re.IGNORECASE)


def escape_slack(text: str) -> str:
    """The text as Slack shows it letter by letter: no bold, no call to a channel, no link but an address as such.

    docs.slack.dev, formatting message text: `&`, `<` and `>` are escaped, everything else is not.
    """
    parts, end = [], 0
    for address in ADDRESS.finditer(text):
        parts += [_disarm(text[end : address.start()]), address[0].translate(ADDRESS_MARKS)]
        end = address.end()
    return "".join([*parts, _disarm(text[end:])]).translate(ENTITIES)


def _disarm(text: str) -> str:
    return CALL.sub("@\N{ZERO WIDTH SPACE}", text.translate(MARKS))


def send_slack(notification: Notification, environment: Mapping[str, str]) -> bool:
    """Send it; returns False where SLACK_WEBHOOK_URL is not set.

    Raises:
        DeliveryError: the address is none, or Slack did not take the message; the text has no part of the address.
    """
    url = environment.get(VARIABLE, "").strip()
    if not url:
        return False
    refuse_other(url, VARIABLE)
    try:
        _post(url, _compose(notification))
    except DeliveryError as error:
        raise DeliveryError(hide_address(str(error), url)) from None
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may have the address in it
        raise DeliveryError(hide_address(f"{type(error).__name__}: {error}", url)) from None
    return True


def _compose(notification: Notification) -> str:
    head = f"*{escape_slack(notification.subject)}*"
    text, room = escape_slack(notification.body), LONGEST - len(head) - 1
    if len(text) > room:
        url = escape_slack(notification.url or "")
        cut = text[: max(0, room - len(url) - 3)]
        text = f"{re.sub('&[a-z]{0,3}$', '', cut)} …\n{url}"
    return f"{head}\n{text}".rstrip()


def _post(url: str, text: str) -> None:
    """Post once; again only where Slack says that it took nothing, and when to try again: no message comes twice."""
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    for attempt in range(1, TRIES + 1):
        # Redirects are not followed: the message would become a GET elsewhere, which some page answers with 200.
        reply = httpx.post(url, json={"text": text}, timeout=TIMEOUT_SECONDS, follow_redirects=False)
        if reply.status_code == httpx.codes.OK:
            return
        wait = _read_wait(reply)
        if reply.status_code != TOO_MANY or attempt == TRIES or time.monotonic() + wait > deadline:
            break
        time.sleep(wait)
    if reply.status_code == TOO_MANY:
        raise DeliveryError(f"asked too often: Slack answers {TOO_MANY} and wants {wait:.0f} s of silence")
    if reply.is_redirect:
        raise DeliveryError(f"Slack answers {reply.status_code} and leads elsewhere: {VARIABLE} is no webhook")
    raise DeliveryError(f"Slack answers {reply.status_code}: {' '.join(reply.text[:MOST_TEXT].split())}")


def _read_wait(reply: httpx.Response) -> float:
    """Seconds, by Retry-After; 1 where it says none."""
    text = reply.headers.get("retry-after", "")
    return float(text) if re.fullmatch(r"\d{1,9}", text) else 1.0
