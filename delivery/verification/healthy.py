"""Waiting until services answer that they are ready, and keep answering so."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import httpx

from delivery.outcome import UnreachableError
from delivery.verification.json_comparison import show_text

TIMEOUT_SECONDS = 300.0  # a certificate for a new host, and its DNS record, take minutes
IN_A_ROW = 3  # one answer may come from the one pod that is still good
PAUSE_SECONDS = 2.0
REQUEST_SECONDS = 10.0


def wait_healthy(
    urls: Sequence[str],
    *,
    path: str = "/readyz",
    timeout: float = TIMEOUT_SECONDS,
    say: Callable[[str], None] = print,
) -> None:
    """Return when each URL answered 200 IN_A_ROW times, PAUSE_SECONDS apart.

    Args:
        timeout: seconds for all together.

    Raises:
        UnreachableError: at least one did not; the text has the last answer of each.
    """
    deadline = time.monotonic() + timeout
    good = dict.fromkeys(urls, 0)
    last: dict[str, str] = {}
    while True:
        for url in urls:
            answer = _answer(url.rstrip("/") + path)
            good[url] = good[url] + 1 if answer == "200" else 0
            if last.get(url) != answer:
                say(f"{show_text(url + path)}: {answer}")
            last[url] = answer
        bad = [f"{show_text(url + path)}: {last[url]}" for url, count in good.items() if count < IN_A_ROW]
        if not bad:
            return
        if time.monotonic() > deadline:
            raise UnreachableError(f"not healthy after {timeout:.0f} s: " + "; ".join(bad))
        time.sleep(PAUSE_SECONDS)


def _answer(url: str) -> str:
    """The status alone: a body may be long in coming, and says nothing."""
    try:
        with httpx.stream("GET", url, timeout=REQUEST_SECONDS) as reply:
            return str(reply.status_code)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return show_text(f"{type(error).__name__}: {error}")
