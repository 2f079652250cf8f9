"""What a maintenance page, a proxy or a broken service answers is a check that failed, with a sentence."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from delivery.verification import smoke
from delivery.verification.healthy import wait_healthy
from delivery.verification.json_comparison import LONGEST, show_text, show_value
from delivery.verification.smoke import run_smoke_tests
from infra.config.verification import Verification
from tests.delivery.served import served

TAG = "3f2a91c4d5e6"
WANTED = Verification.model_validate({"version": {"path": "/version", "key": "build.sha"}})


def answer(body, status=200, media_type="application/json", **headers):
    def respond(_):
        return Response(body, status, media_type=media_type, headers=headers)

    return respond


async def _drip(_):
    async def bytes_without_end():
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    return StreamingResponse(bytes_without_end(), media_type="application/json")


async def _hang(_):
    await asyncio.sleep(3)
    return Response("{}")


ANSWERS = {
    "null": answer("null"),
    "a list": answer("[]"),
    "a text": answer('"ok"'),
    "a number": answer("7"),
    "nothing": answer(""),
    "a page": answer("<html>", media_type="text/html"),
    "half of it": answer('{"build": {"sha": "3f2'),
    "another key": answer('{"sha": "3f2a91c4d5e6"}'),
    "a null inside": answer('{"build": null}'),
    "a list as version": answer('{"build": {"sha": ["3f2a91c4d5e6"]}}'),
    "a null as version": answer('{"build": {"sha": null}}'),
    "half a character": answer('{"build": {"sha": "\\ud800"}}'),
    "lines and colours": answer(json.dumps({"build": {"sha": "a\n\x1b[31mb\n::error::c"}})),
    "a long version": answer(json.dumps({"build": {"sha": "x" * 500_000}})),
    "too much": answer(b" " * 1_500_000),
    "a bomb": answer(gzip.compress(b" " * 50_000_000), **{"content-encoding": "gzip"}),
    "no gzip": answer("{}", **{"content-encoding": "gzip"}),
    "not UTF-8": answer(b"\xff\xfe\x00"),
    "lists in lists": answer("[" * 100_000),
    "lists in a version": answer('{"build": {"sha": ' + "[" * 900 + "]" * 900 + "}}"),
    "a huge number": answer('{"build": {"sha": ' + "9" * 5000 + "}}"),
    "a redirect to itself": lambda _: RedirectResponse("/version"),
    "a redirect to nowhere": answer("", 302),
    "503": answer("{}", 503),
    "204": answer("", 204),
    "byte after byte": _drip,
    "silence": _hang,
}


@pytest.mark.parametrize("name", ANSWERS)
def test_it_is_a_check_that_failed(name, monkeypatch):
    monkeypatch.setattr(smoke, "REQUEST_SECONDS", 0.5)
    with served(Starlette(routes=[Route("/version", ANSWERS[name])])) as url:
        _, check, _ = run_smoke_tests(url, WANTED, tag=TAG)
    assert (check.name, check.passed) == ("version", False)
    assert check.detail.isprintable()
    assert len(check.detail) < LONGEST + 200
    check.detail.encode()


def test_a_slow_answer_says_so(monkeypatch):
    monkeypatch.setattr(smoke, "REQUEST_SECONDS", 0.3)
    with served(Starlette(routes=[Route("/version", _drip)])) as url:
        _, check, _ = run_smoke_tests(url, WANTED, tag=TAG)
    assert check.detail == "GET /version: the answer was not complete after 0 s"


@pytest.mark.parametrize(
    "url", ["https://exa mple", "http://x:99999999", "", "ftp://x", "https://\udcff", "http://[", "x" * 9000]
)
def test_what_is_no_url_fails_with_a_sentence(url, slipway):
    checks = run_smoke_tests(url, WANTED, tag=TAG)
    assert not any(check.passed for check in checks)
    status, said = slipway("stack", "smoke", url, "--service", "backend")
    assert (status, "unexpected" in said) == (1, False), said
    status, said = slipway("stack", "wait", url, "--timeout", "0")
    assert (status, "unexpected" in said) == (4, False), said


def test_readiness_is_the_status_however_long_the_answer():
    with served(Starlette(routes=[Route("/readyz", _drip)])) as url:
        wait_healthy([url], timeout=5)


@given(st.text())
def test_any_text_is_shown_on_one_line(text):
    shown = show_text(text)
    assert shown.isprintable()
    assert len(shown) <= LONGEST + 1
    shown.encode()


@given(
    st.recursive(
        st.none() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_value_is_shown(value):
    assert show_value(value).isprintable()
