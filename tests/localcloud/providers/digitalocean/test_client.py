from __future__ import annotations

import pytest

from localcloud.providers.digitalocean.client import ApiError, Client
from localcloud.providers.errors import ProviderError
from tests.localcloud.providers.engine import TOKEN


@pytest.fixture
def client(api):
    api.forget_faults()
    yield Client(endpoint=api.url, token=TOKEN, retries=2, wait_min=0.01)
    api.forget_faults()


def test_calls_the_api(client):
    assert client.call(client.pydo.vpcs.list)["vpcs"] == []


def test_error_has_method_path_status_message_and_request(client):
    with pytest.raises(
        ApiError, match=r"^POST /v2/vpcs: 422 region mars is not available \(request [0-9a-f-]{36}\)$"
    ) as failed:
        client.call(client.pydo.vpcs.create, {"name": "v", "region": "mars"})
    assert failed.value.status == 422


def test_not_found_is_an_error_or_none(client):
    with pytest.raises(ApiError, match="GET /v2/vpcs/x: 404"):
        client.call(client.pydo.vpcs.get, "x")
    assert client.find(client.pydo.vpcs.get, "x") is None
    with pytest.raises(ApiError, match="401"):
        client.find(Client(endpoint=client.endpoint, token="wrong").pydo.vpcs.get, "x")


def test_no_error_and_no_repr_has_the_token(client):
    secret = "dop_v1_secret"
    other = Client(endpoint=client.endpoint, token=secret)
    with pytest.raises(ApiError) as failed:
        other.call(other.pydo.vpcs.list)
    assert secret not in f"{failed.value} {other!r}"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_retries_after_errors(client, api, status):
    api.plan_fault("GET", "/v2/vpcs", status)
    assert client.call(client.pydo.vpcs.list)["vpcs"] == []


def test_gives_up(client, api):
    api.plan_fault("GET", "/v2/vpcs", 500, times=9)
    with pytest.raises(ApiError, match="500 a fault on purpose"):
        client.call(client.pydo.vpcs.list)


def test_does_not_retry_what_is_not_implemented(client, api):
    api.plan_fault("GET", "/v2/vpcs", 501)
    with pytest.raises(ApiError, match="501"):
        client.call(client.pydo.vpcs.list)


def test_unreachable_api_is_named():
    nowhere = Client(endpoint="http://127.0.0.1:9", token=TOKEN, retries=0)
    with pytest.raises(ProviderError, match="http://127.0.0.1:9 does not answer"):
        nowhere.call(nowhere.pydo.vpcs.list)


class Response:
    """An answer that is no JSON, or holds what must not be shown."""

    def __init__(self, status_code, text):
        self.status_code = status_code
        self.reason = "OK"
        self.headers = {}
        self.request = type("Request", (), {"method": "PUT", "url": "http://h/v2/x?secret=1"})
        self._text = text

    def text(self):
        return self._text

    def json(self):
        import json

        return json.loads(self._text)


def test_proxy_text_is_shown_but_no_body():
    from localcloud.providers.digitalocean.client import _read_error

    assert str(_read_error(Response(502, "<html>bad gateway"))) == "PUT /v2/x: 502 <html>bad gateway"
    assert str(_read_error(Response(200, '{"password": "p"}'))) == "PUT /v2/x: 200 OK"
    assert str(_read_error(Response(200, '["p"]'))) == "PUT /v2/x: 200 OK"
