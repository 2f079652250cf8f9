"""The client of a registry repeats requests, and refuses endless and unsafe redirects."""

from __future__ import annotations

import pytest
from starlette.responses import RedirectResponse, Response

from delivery.outcome import UnreachableError
from tests.delivery.images.repository_server import build_registry, open_repository, serve_repository
from tests.delivery.served import served
from tests.delivery.tls import certified


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_request_is_retried_after_a_temporary_registry_failure(status):
    replies = [status, status, 200]
    with serve_repository(lambda _: Response('{"layers": []}', replies.pop(0))) as repository:
        assert repository.manifest("abc").text == '{"layers": []}'


def test_a_registry_that_asks_for_a_long_pause_is_not_waited_for():
    with (
        serve_repository(lambda _: Response("", 429, headers={"retry-after": "4711"})) as repository,
        pytest.raises(UnreachableError, match="takes no more requests for now; try again after 4711 s"),
    ):
        repository.manifest("abc")


@pytest.mark.parametrize("value", ["soon", "-5", "Wed, 21 Oct 2015 07:28:00 GMT", ""])
def test_an_invalid_pause_is_an_error_without_traceback(value):
    with (
        serve_repository(lambda _: Response("", 429, headers={"retry-after": value})) as repository,
        pytest.raises(UnreachableError, match="takes no more requests for now; try again later"),
    ):
        repository.manifest("abc")


def test_redirects_without_an_end_are_unreachable():
    with (
        serve_repository(lambda request: RedirectResponse(request.url.path)) as repository,
        pytest.raises(UnreachableError, match="does not answer for abc: Exceeded 30 redirects"),
    ):
        repository.manifest("abc")


def test_a_redirect_from_https_to_http_is_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr("delivery.images.registry_client.LOOPBACK", ())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
    with served(build_registry(lambda _: Response('{"layers": []}'))) as plain:
        app = build_registry(lambda request: RedirectResponse(plain + request.url.path))
        with served(app, **certified(tmp_path)) as url, pytest.raises(UnreachableError, match="without TLS"):
            open_repository(url).manifest("abc")
