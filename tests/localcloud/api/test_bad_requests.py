from __future__ import annotations

import pytest

from .bad_requests import BAD, prepare
from .conftest import Api

IDS = {400: "bad_request", 404: "not_found", 422: "unprocessable_entity"}
LISTS = ("kubernetes/clusters", "vpcs", "load_balancers", "certificates", "databases", "uptime/checks")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    api = Api(tmp_path_factory.mktemp("bad"))
    api.do("PUT", "/_emulator/limits", {"minute": 10_000})  # the table is longer than a minute's worth of requests
    yield api, prepare(api)
    api.close()


def totals(api):
    return {path: api.do("GET", f"/v2/{path}")["meta"]["total"] for path in LISTS}


@pytest.mark.parametrize("bad", BAD, ids=[f"{number}-{bad.what}" for number, bad in enumerate(BAD, start=1)])
def test_bad_request_is_refused_in_digitaloceans_form(prepared, bad):
    api, ids = prepared
    before = totals(api)
    reply = api.client.request(bad.method, bad.path.format(**ids), json=bad.body)
    body = reply.json()
    assert (reply.status_code, set(body)) == (bad.status, {"id", "message", "request_id"})
    assert body["id"] == IDS[bad.status]
    assert bad.words in body["message"]
    assert body["request_id"] == reply.headers["x-request-id"]
    assert totals(api) == before


def test_there_are_forty_of_them():
    assert len(BAD) >= 40
