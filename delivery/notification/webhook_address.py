"""Addresses of webhooks, which are secrets: refused and hidden without a word of them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from delivery.outcome import DeliveryError
from delivery.redaction import HIDDEN, redacted

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def refuse_other(url: str, variable: str) -> None:
    """Refuse what is no address of a webhook: half of a secret is one, too.

    Args:
        variable: of the environment, where the address is from.

    Raises:
        DeliveryError: it is none; the text has no part of it.
    """
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        usable = secure and bool(parts.hostname) and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        usable = False
    if not usable:
        raise DeliveryError(f"{variable} is not the address of a webhook; copy it whole, from https:// to its end")


def hide_address(text: str, url: str) -> str:
    """Return the text without the address and without any part of its path."""
    pieces = {url, *(piece for piece in re.split(r"[/?&=#]", urlsplit(url).path + urlsplit(url).query) if piece)}
    for piece in sorted(pieces, key=len, reverse=True):
        text = text.replace(piece, HIDDEN) if len(piece) > 1 else text
    return redacted(text)
