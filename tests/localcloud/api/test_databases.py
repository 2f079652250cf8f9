"""Databases and the registry, with services behind them."""

from __future__ import annotations

import base64

import pytest

from .test_clusters import make as make_cluster

PATH = "/v2/databases"
BODY = {"name": "d", "engine": "pg", "version": "17", "size": "db-s-1vcpu-1gb", "region": "fra1", "num_nodes": 1}


def make(api, **changes):
    made = api.do("POST", PATH, {**BODY, **changes})["database"]
    assert made["status"] == "creating"
    api.settle()
    return api.do("GET", f"{PATH}/{made['id']}")["database"]


def test_connection_is_the_servers(served, services):
    database = make(served)
    assert (database["status"], database["connection"]["host"]) == ("online", "d.db.internal")
    password = database["connection"]["password"]
    uri = f"postgresql://doadmin:{password}@d.db.internal:25060/defaultdb?sslmode=require"
    assert database["connection"]["uri"] == database["private_connection"]["uri"] == uri
    (spec,) = services.databases.specs
    assert (spec.engine, spec.version, list(spec.databases), spec.max_connections) == ("pg", "17", ["defaultdb"], 25)
    assert (spec.administrator.name, spec.administrator.password) == ("doadmin", password)
    ca = served.do("GET", f"{PATH}/{database['id']}/ca")["ca"]["certificate"]
    assert base64.b64decode(ca) == b"-----BEGIN CERTIFICATE-----"


def test_parts_are_there_when_the_api_answers(served, services):
    path = f"{PATH}/{make(served)['id']}"
    user = served.do("POST", f"{path}/users", {"name": "app"})["user"]
    served.do("POST", f"{path}/dbs", {"name": "todo"})
    pool = {"name": "app-pool", "mode": "transaction", "size": 5, "db": "todo", "user": "app"}
    made = served.do("POST", f"{path}/pools", pool)["pool"]
    assert (made["connection"]["port"], made["connection"]["database"]) == (25061, "app-pool")
    spec = services.databases.specs[-1]
    assert [(one.name, one.password) for one in spec.users] == [("app", user["password"])]
    assert list(spec.databases) == ["defaultdb", "todo"]
    assert [(one.name, one.mode, one.size, one.database, one.user) for one in spec.pools] == [
        ("app-pool", "transaction", 5, "todo", "app")
    ]
    reset = served.do("POST", f"{path}/users/app/reset_auth", {})["user"]
    assert services.databases.specs[-1].users[0].password == reset["password"] != user["password"]
    assert served.do("GET", f"{path}/pools/app-pool")["pool"]["connection"]["password"] == reset["password"]
    services.databases.problem = "no such role"
    assert "no such role" in served.do("POST", f"{path}/dbs", {"name": "x"}, status=500)["message"]


def test_administrators_new_password_is_in_the_connection(served):
    path = f"{PATH}/{make(served)['id']}"
    reset = served.do("POST", f"{path}/users/doadmin/reset_auth", {})["user"]
    assert served.do("GET", path)["database"]["connection"]["password"] == reset["password"]
    served.do("DELETE", f"{path}/users/doadmin", status=422)


def test_trusted_sources_are_the_machines_of_a_cluster(served, services):
    cluster = make_cluster(served)
    path = f"{PATH}/{make(served)['id']}"
    assert list(services.databases.specs[-1].trusted) == []
    rules = [{"type": "k8s", "value": cluster["id"]}, {"type": "ip_addr", "value": "192.0.2.7"}]
    served.do("PUT", f"{path}/firewall", {"rules": rules}, status=204)
    nodes = [f"{each['networks']['v4'][0]['ip_address']}/32" for each in served.do("GET", "/v2/droplets")["droplets"]]
    assert list(services.databases.specs[-1].trusted) == [*nodes, "192.0.2.7/32"]
    pool = cluster["node_pools"][0]["id"]
    served.do(
        "PUT", f"/v2/kubernetes/clusters/{cluster['id']}/node_pools/{pool}", {"name": "p", "count": 3}, status=202
    )
    served.settle()
    assert len(services.databases.specs[-1].trusted) == 4
    served.do("DELETE", f"/v2/kubernetes/clusters/{cluster['id']}", status=204)
    served.settle()
    assert list(services.databases.specs[-1].trusted) == ["192.0.2.1/32", "192.0.2.7/32"]  # nobody, not everybody


def test_eviction_policy_is_in_valkeys_spelling(served, services):
    path = f"{PATH}/{make(served, engine='valkey', version='8')['id']}"
    assert services.databases.specs[-1].eviction_policy == "noeviction"
    served.do("PUT", f"{path}/eviction_policy", {"eviction_policy": "allkeys_lru"}, status=204)
    assert services.databases.specs[-1].eviction_policy == "allkeys-lru"
    assert served.do("GET", f"{path}/eviction_policy") == {"eviction_policy": "allkeys_lru"}


@pytest.mark.parametrize(
    ("path", "body", "state"),
    [
        ("resize", {"size": "db-s-2vcpu-4gb", "num_nodes": 2}, "resizing"),
        ("migrate", {"region": "ams3"}, "migrating"),
    ],
)
def test_change_takes_its_time(served, services, path, body, state):
    database = make(served)
    served.do("PUT", f"{PATH}/{database['id']}/{path}", body, status=202)
    assert served.do("GET", f"{PATH}/{database['id']}")["database"]["status"] == state
    served.settle()
    changed = served.do("GET", f"{PATH}/{database['id']}")["database"]
    assert changed["status"] == "online"
    assert {key: changed[key] for key in body} == body
    served.do("DELETE", f"{PATH}/{database['id']}", status=204)
    served.settle()
    assert services.databases.deleted == [database["id"]]


def test_failure_of_the_server_is_the_databases_status(served, services):
    services.databases.problem = "no disk"
    assert make(served)["status"] == "error"


def test_registry_has_logins_from_creation_to_deletion(served, services):
    path = "/v2/registries/acme/docker-credentials?read_write=true&expiry_seconds=60"
    served.do("GET", path, status=404)
    served.do("POST", "/v2/registry", {"name": "acme", "subscription_tier_slug": "starter"})
    assert served.do("GET", "/v2/registries/acme")["registry"]["storage_usage_bytes"] == 4096
    auth = base64.b64encode(b"user:password").decode()
    assert served.do("GET", path) == {"auths": {"127.0.0.1:5550": {"auth": auth}}}
    served.do("DELETE", "/v2/registry", status=204)
    assert services.registry_logins.events == [("create", "acme"), (True, 60), ("delete", "acme")]
