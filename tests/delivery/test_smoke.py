from __future__ import annotations

import pytest
from starlette.applications import Starlette

from delivery.smoke import smoke
from tests.delivery.served import served
from tests.delivery.tls import certified


def results(service, **options):
    return {check.name: (check.passed, check.detail) for check in smoke(service.url, **options)}


@pytest.fixture
def running(service):
    service.file.write_text("3f2a91c4d5e6")
    return service


def test_a_service_that_works_passes_and_nothing_is_left_behind(running, slipway):
    assert all(passed for passed, _ in results(running, tag="3f2a91c4d5e6").values())
    assert running.todos == {}
    status, said = slipway("stack", "smoke", running.url, "--tag", "3f2a91c4d5e6")
    assert (status, said.count("✓")) == (0, 5)


def test_another_version_fails(running, slipway):
    assert results(running, tag="000000000000")["version"] == (
        False,
        "runs 3f2a91c4d5e6, and the release is 000000000000",
    )
    status, said = slipway("stack", "smoke", running.url, "--tag", "000000000000")
    assert (status, "✗ version" in said) == (1, True)


def test_a_service_that_is_not_ready_fails(running):
    running.unready.add("3f2a91c4d5e6")
    assert results(running)["ready"] == (False, "GET /readyz answers 503, not 200")


def test_a_service_that_cannot_keep_a_todo_fails(running):
    running.broken.add("3f2a91c4d5e6")
    assert results(running)["todo round trip"] == (False, "POST /todos answers 500, not 201")
    assert "todo round trip" not in results(running, todos=False)


@pytest.mark.parametrize(
    ("headers", "detail"),
    [
        ({}, "X-Content-Type-Options is not nosniff"),
        ({"x-content-type-options": "nosniff", "server": "nginx/1.27"}, "Server reveals a version: nginx/1.27"),
    ],
)
def test_unsafe_headers_fail(running, headers, detail):
    running.headers = headers
    assert results(running)["headers"] == (False, detail)


def test_plain_http_fails_anywhere_but_on_loopback():
    [tls] = [check for check in smoke("http://0.0.0.0:9", todos=False) if check.name == "TLS"]
    assert (tls.passed, tls.detail) == (False, "http://0.0.0.0:9 is plain HTTP; serve it by HTTPS")


def test_a_service_that_is_not_there_fails_every_check_and_says_why():
    checks = smoke("http://127.0.0.1:9", tag="x")
    assert [check.passed for check in checks if check.name != "TLS"] == [False] * 4
    assert all("ConnectError" in check.detail for check in checks if check.name != "TLS")


def test_a_certificate_that_is_not_trusted_fails(tmp_path):
    with served(Starlette(), **certified(tmp_path)) as url:
        [tls] = [check for check in smoke(url, todos=False) if check.name == "TLS"]
    assert not tls.passed
    assert "CERTIFICATE_VERIFY_FAILED" in tls.detail


@pytest.mark.parametrize(("days", "passed"), [(13, False), (60, True)])
def test_a_certificate_about_to_end_fails(tmp_path, monkeypatch, days, passed):
    with served(Starlette(), **certified(tmp_path, days)) as url:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        [tls] = [check for check in smoke(url, todos=False) if check.name == "TLS"]
    # Nothing listens on port 80 here, so a good certificate leads on to the next question.
    assert ("the certificate ends on" in tls.detail) is not passed
    assert not tls.passed


def test_waiting_ends_when_the_service_is_ready_and_when_time_is_up(running, slipway):
    assert slipway("stack", "wait", running.url)[0] == 0
    running.unready.add("3f2a91c4d5e6")
    status, said = slipway("stack", "wait", running.url, "--timeout", "0.1")
    assert (status, "/readyz: 503" in said) == (4, True)
