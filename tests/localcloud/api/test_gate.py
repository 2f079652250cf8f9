"""What every request passes: tokens with scopes, rate limits, planned faults."""

from __future__ import annotations

import time

import httpx
import pytest
from starlette.routing import Route

from localcloud.api.scopes import known_scopes, required_scopes
from localcloud.api.templates import generic
from tests.localcloud.providers.engine import api_process


def flat(routes):
    """Every route, those of included routers among them."""
    for route in routes:
        if isinstance(route, Route):
            yield route
        elif router := getattr(route, "original_router", None):
            yield from flat(router.routes)


def use(api, **token):
    """A client with a new token."""
    made = api.do("POST", "/_emulator/tokens", token, status=201)["token"]
    assert made["token"].startswith("dop_v1_")

    def ask(method, path, body=None):
        return api.client.request(method, path, json=body, headers={"Authorization": f"Bearer {made['token']}"})

    return ask, made


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        (["kubernetes:read"], "GET", "/v2/kubernetes/clusters", 200),
        (["kubernetes:read"], "GET", "/v2/kubernetes/clusters/x/credentials", 403),
        (["kubernetes:access_cluster"], "GET", "/v2/kubernetes/clusters/x/credentials", 404),
        (["kubernetes:create"], "POST", "/v2/kubernetes/clusters/x/node_pools", 403),
        (["registry:read"], "GET", "/v2/registries/x/docker-credentials", 404),
        (["registry:read"], "GET", "/v2/registries/x/docker-credentials?read_write=false", 404),
        (["registry:read"], "GET", "/v2/registries/x/docker-credentials?read_write=true", 403),
        (["registry:read", "registry:update"], "GET", "/v2/registries/x/docker-credentials?read_write=true", 404),
        (["sizes:read"], "GET", "/v2/sizes", 403),
        (["sizes:read", "regions:read"], "GET", "/v2/sizes", 200),
        ([], "GET", "/v2/account", 403),
        (None, "GET", "/v2/account", 200),
    ],
)
def test_token_may_do_what_its_scopes_say(api, scopes, method, path, status):
    ask, _ = use(api, scopes=scopes)
    reply = ask(method, path)
    assert reply.status_code == status
    if status == 403:
        assert reply.json()["message"] == "You are not authorized to perform this operation"


def test_token_that_may_only_read_changes_nothing(api):
    ask, _ = use(api, scopes=[scope for scope in known_scopes() if scope.endswith(":read")])
    for path in ("vpcs", "domains", "databases", "kubernetes/clusters", "load_balancers", "registry"):
        assert ask("POST", f"/v2/{path}", {}).status_code == 403, path


def test_every_route_has_a_scope(api):
    routes = [route for route in flat(api.client.app.routes) if route.path.startswith("/v2/")]
    assert len(routes) > 100
    for route in routes:
        for method in route.methods - {"HEAD"}:
            scopes = required_scopes(f"{method} {generic(route.path)}")
            assert scopes, (method, route.path)
            assert set(scopes) <= set(known_scopes())


def test_expired_and_revoked_tokens_are_unknown(api):
    ask, _ = use(api, expires_in=0.2)
    assert ask("GET", "/v2/account").status_code == 200
    time.sleep(0.3)
    assert ask("GET", "/v2/account").status_code == 401
    ask, token = use(api)
    api.do("DELETE", f"/_emulator/tokens/{token['id']}", status=204)
    assert ask("GET", "/v2/account").json()["message"] == "Unable to authenticate you"
    api.do("DELETE", f"/_emulator/tokens/{token['id']}", status=404)


def test_secret_is_shown_once(api):
    _, token = use(api, name="ci", scopes=["vpc:read"])
    (listed,) = api.do("GET", "/_emulator/tokens")["tokens"]
    assert (listed["name"], listed["scopes"], "token" in listed) == ("ci", ["vpc:read"], False)
    assert token["token"] not in str(api.store.all("token"))


def test_scope_that_there_is_not_is_refused(api):
    api.do("POST", "/_emulator/tokens", {"scopes": ["cluster:read"]}, status=422)


def test_only_the_owner_controls_the_emulator(api):
    ask, _ = use(api)
    assert ask("GET", "/_emulator/requests").status_code == 403


def test_too_many_requests_get_429_with_retry_after(api):
    api.do("PUT", "/_emulator/limits", {"minute": 2})
    replies = [api.client.get("/v2/account") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    refusal = replies[-1]
    assert refusal.json()["id"] == "too_many_requests"
    assert 1 <= int(refusal.headers["retry-after"]) <= 61
    assert refusal.headers["ratelimit-limit"] == "5000"
    ask, _ = use(api)
    assert ask("GET", "/v2/account").status_code == 200  # each token has its own


def test_limit_of_an_hour(api):
    api.do("PUT", "/_emulator/limits", {"hourly": 1})
    assert api.client.get("/v2/account").headers["ratelimit-remaining"] == "0"
    assert api.client.get("/v2/account").status_code == 429
    api.do("PUT", "/_emulator/limits", {"yearly": 1}, status=422)


def test_fault_spares_the_first_requests(api):
    fault = {"method": "*", "path": "/v2/", "status": 503, "after": 1, "times": 2}
    api.do("POST", "/_emulator/faults", fault)
    assert [api.client.get("/v2/account").status_code for _ in range(4)] == [200, 503, 503, 200]


def test_late_fault_loses_only_the_answer(api):
    api.do("POST", "/_emulator/faults", {"method": "POST", "path": "/v2/tags", "status": 500, "late": True})
    api.do("POST", "/v2/tags", {"name": "t"}, status=500)
    assert [tag["name"] for tag in api.do("GET", "/v2/tags")["tags"]] == ["t"]


def test_dropped_connection_has_no_answer(tmp_path):
    with api_process(tmp_path / "api") as api:
        api.do("POST", "/_emulator/faults", {"method": "GET", "path": "/v2/account", "drop": True})
        with pytest.raises(httpx.TransportError):
            api.client.get("/v2/account")
        assert api.client.get("/v2/account").status_code == 200
        statuses = [each["status"] for each in api.do("GET", "/_emulator/requests")["requests"]]
    assert 499 in statuses


DATABASE = {"name": "d", "engine": "pg", "version": "17", "region": "fra1", "size": "db-s-1vcpu-1gb", "num_nodes": 1}


@pytest.mark.parametrize("scopes", [["database:read"], ["database:read", "database:view_credentials"], None])
def test_only_tokens_with_a_view_scope_see_database_credentials(served, scopes):
    made = served.do("POST", "/v2/databases", DATABASE)["database"]
    served.settle()
    ask, _ = use(served, scopes=scopes)
    one = ask("GET", f"/v2/databases/{made['id']}").json()["database"]["connection"]
    listed = ask("GET", "/v2/databases").json()["databases"][0]["connection"]
    (user,) = ask("GET", f"/v2/databases/{made['id']}/users").json()["users"]
    shown = scopes != ["database:read"]
    assert one == listed
    assert [bool(text) for text in (one["user"], one["password"], user["password"])] == [shown] * 3
    assert ("doadmin" in one["uri"], one["host"], user["name"]) == (shown, "d.db.internal", "doadmin")


def test_missing_database_is_refused_alike_without_credentials(served):
    ask, _ = use(served, scopes=["database:read"])
    assert ask("GET", "/v2/databases/none").status_code == 404
    assert ask("DELETE", "/v2/databases/none").status_code == 403
