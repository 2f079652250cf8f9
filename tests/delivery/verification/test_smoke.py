from __future__ import annotations

import pytest
from starlette.applications import Starlette

from delivery.verification.smoke import run_smoke_tests
from infra.config.verification import Verification
from tests.delivery.checkout import VERIFY
from tests.delivery.served import served
from tests.delivery.tls import certified

TAG = "3f2a91c4d5e6"
NOTHING = Verification()


def wanted(*requests, **more):
    return Verification.model_validate({"requests": list(requests), **more})


def results(service, verification=NOTHING, **options):
    return {
        check.name: (check.passed, check.detail) for check in run_smoke_tests(service.url, verification, **options)
    }


@pytest.fixture
def running(service):
    service.file.write_text(TAG)
    return service


def test_a_service_that_says_nothing_is_ready_and_that_is_all(running):
    assert results(running, tag=TAG) == {"ready": (True, "/readyz answers 200"), "TLS": (True, "none on loopback")}


def test_a_service_that_works_passes_all_that_it_wants_verified(running, slipway):
    verification = Verification.model_validate(VERIFY)
    assert all(passed for passed, _ in results(running, verification, tag=TAG).values())
    status, said = slipway("stack", "smoke", running.url, "--service", "backend", "--tag", TAG)
    assert (status, said.splitlines()) == (
        0,
        [
            "✓ ready: /readyz answers 200",
            "✓ GET /works: /works answers 200",
            f"✓ version: runs {TAG}",
            "✓ TLS: none on loopback",
        ],
    )


def test_a_service_of_another_name_is_refused(running, slipway):
    status, said = slipway("stack", "smoke", running.url, "--service", "frontend", "--stack", "prod")
    assert (status, "Pulumi.prod.yaml has no service 'frontend'; it has backend" in said) == (5, True), said


def test_another_version_fails(running, slipway):
    passed, detail = results(running, wanted(version={}), tag="000000000000")["version"]
    assert not passed
    assert detail == f"GET /version: expected sha 000000000000, the release's, answered {TAG}"
    status, said = slipway("stack", "smoke", running.url, "--service", "backend", "--tag", "000000000000")
    assert (status, "✗ version" in said) == (1, True)


def test_a_version_is_found_where_the_service_says_it(running):
    inner = wanted(version={"path": "/works", "key": "depends.database"})
    assert results(running, inner, tag="ok")["version"] == (True, "runs ok")
    absent = wanted(version={"path": "/version", "key": "build.commit"})
    assert results(running, absent, tag=TAG)["version"] == (
        False,
        f'GET /version: expected the key build.commit, answered {{"service": "backend", "sha": "{TAG}"}}',
    )


def test_a_version_is_no_matter_where_no_release_is_meant(running):
    assert "version" not in results(running, wanted(version={}))


def test_a_service_that_is_not_ready_fails_whatever_its_path(running):
    running.unready.add(TAG)
    assert results(running)["ready"] == (False, "GET /readyz: expected status 200, answered 503")
    assert results(running, readiness="/nowhere")["ready"] == (
        False,
        "GET /nowhere: expected status 200, answered 404",
    )


@pytest.mark.parametrize(
    ("request_", "name", "detail"),
    [
        ({"path": "/works?all=yes", "status": 404}, "GET /works?all=yes", "expected status 404, answered 200"),
        ({"path": "/works", "json": {"works": False}}, "GET /works", "expected works false, answered true"),
        ({"path": "/works", "json": {"works": 1}}, "GET /works", "expected works 1, answered true"),
        ({"path": "/works", "json": {"depends": {"queue": "ok"}}}, "GET /works", 'expected depends.queue "ok", answered nothing'),
        ({"path": "/works", "json": {"depends": "ok"}}, "GET /works", 'expected depends "ok", answered {"database": "ok"}'),
        ({"path": "/works", "json": {"items": [1]}}, "GET /works", "expected items [1], answered [1, true]"),
        ({"path": "/works", "json": {"items": [1, 1]}}, "GET /works", "expected items[1] 1, answered true"),
        ({"path": "/readyz", "json": {}}, "GET /readyz", "expected JSON, answered content without a type"),
        ({"path": "/elsewhere"}, "GET /elsewhere", "expected status 200, answered 307"),
        ({"path": "/works", "headers": {"X-Frame-Options": "DENY"}}, "GET /works", "expected X-Frame-Options: DENY, answered no header X-Frame-Options"),
        ({"path": "/works", "method": "HEAD", "headers": {"content-type": None}}, "HEAD /works", "expected no header content-type, answered content-type: application/json"),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_the_expected_one_fails_with_both(running, request_, name, detail):
    assert results(running, wanted(request_))[name] == (False, f"{name}: {detail}")


def test_every_difference_of_an_answer_is_named(running):
    request = {"path": "/works", "headers": {"x-a": "1"}, "json": {"works": None, "depends": {"database": "bad"}}}
    _, detail = results(running, wanted(request))["GET /works"]
    assert detail == (
        "GET /works: expected x-a: 1, answered no header x-a; expected works null, answered true; "
        'expected depends.database "bad", answered "ok"'
    )


@pytest.mark.parametrize(
    "request_",
    [
        {"path": "/works", "json": {"depends": {}}},
        {"path": "/works", "json": {"works": True, "items": [1, True]}},
        {"path": "/elsewhere", "status": 307, "headers": {"Location": "https://example.com"}},
        {"path": "/works", "method": "HEAD", "headers": {"server": None, "x-content-type-options": "nosniff"}},
    ],
)
def test_an_answer_may_have_more_than_is_expected(running, request_):
    running.headers = {"x-content-type-options": "nosniff"}
    request = wanted(request_)
    assert [passed for passed, _ in results(running, request).values()] == [True] * 3


def test_a_secret_in_an_answer_is_not_shown(running):
    running.headers = {"x-key": "dop_v1_" + "a" * 64}
    _, detail = results(running, wanted({"path": "/works", "headers": {"x-key": None}}))["GET /works"]
    assert detail == "GET /works: expected no header x-key, answered x-key: [redacted]"


def test_plain_http_fails_anywhere_but_on_loopback():
    [tls] = [check for check in run_smoke_tests("http://0.0.0.0:9", NOTHING) if check.name == "TLS"]
    assert (tls.passed, tls.detail) == (False, "http://0.0.0.0:9 is plain HTTP; serve it by HTTPS")


def test_a_service_that_is_not_there_fails_every_check_and_says_why():
    checks = run_smoke_tests("http://127.0.0.1:9", Verification.model_validate(VERIFY), tag="x")
    assert [check.passed for check in checks if check.name != "TLS"] == [False] * 3
    assert all("ConnectError" in check.detail for check in checks if check.name != "TLS")


def test_a_certificate_that_is_not_trusted_fails(tmp_path):
    with served(Starlette(), **certified(tmp_path)) as url:
        [tls] = [check for check in run_smoke_tests(url, NOTHING) if check.name == "TLS"]
    assert not tls.passed
    assert "CERTIFICATE_VERIFY_FAILED" in tls.detail


@pytest.mark.parametrize(("days", "passed"), [(13, False), (60, True)])
def test_a_certificate_about_to_end_fails(tmp_path, monkeypatch, days, passed):
    with served(Starlette(), **certified(tmp_path, days)) as url:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        [tls] = [check for check in run_smoke_tests(url, NOTHING) if check.name == "TLS"]
    # Nothing listens on port 80 here, so a good certificate leads on to the next question.
    assert ("the certificate ends on" in tls.detail) is not passed
    assert not tls.passed


def test_waiting_ends_when_the_service_is_ready_and_when_time_is_up(running, slipway):
    assert slipway("stack", "wait", running.url)[0] == 0
    running.unready.add("3f2a91c4d5e6")
    status, said = slipway("stack", "wait", running.url, "--timeout", "0.1")
    assert (status, "/readyz: 503" in said) == (4, True)
