"""Fields and their JSON types that the real provider reads: a missing one ends its process."""

from __future__ import annotations

import re

import pytest

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Moment:
    """RFC 3339 with its zone."""


VPC = {
    "id": str,
    "urn": str,
    "name": str,
    "description": str,
    "ip_range": str,
    "region": str,
    "created_at": Moment,
    "default": bool,
}
NODE = {
    "id": str,
    "name": str,
    "status": {"state": str},
    "droplet_id": str,
    "created_at": Moment,
    "updated_at": Moment,
}
POOL = {
    "id": str, "name": str, "size": str, "count": int, "tags": [str], "auto_scale": bool, "min_nodes": int,
    "max_nodes": int, "taints": [{"key": str, "value": str, "effect": str}], "nodes": [NODE],
}  # fmt: skip
CLUSTER = {
    "id": str, "name": str, "region": str, "version": str, "surge_upgrade": bool, "ha": bool, "cluster_subnet": str,
    "service_subnet": str, "ipv4": str, "endpoint": str, "tags": [str], "status": {"state": str}, "created_at": Moment,
    "updated_at": Moment, "vpc_uuid": str, "auto_upgrade": bool, "node_pools": [POOL],
    "maintenance_policy": {"start_time": str, "duration": str, "day": str},
}  # fmt: skip
REGISTRY = {"name": str, "region": str, "created_at": Moment, "storage_usage_bytes": int}
SUBSCRIPTION = {"tier": {"slug": str, "included_repositories": int}, "created_at": Moment}
PROJECT = {
    "id": str, "owner_uuid": str, "owner_id": int, "name": str, "description": str, "purpose": str, "environment": str,
    "is_default": bool, "created_at": str, "updated_at": str,
}  # fmt: skip
CONNECTION = {
    "protocol": str,
    "uri": str,
    "database": str,
    "host": str,
    "port": int,
    "user": str,
    "password": str,
    "ssl": bool,
}
DATABASE = {
    "id": str, "name": str, "engine": str, "version": str, "region": str, "size": str, "num_nodes": int, "status": str,
    "storage_size_mib": int, "tags": [str], "connection": CONNECTION, "private_connection": CONNECTION,
    "maintenance_window": {"day": str, "hour": str}, "private_network_uuid": str, "project_id": str, "created_at": Moment,
}  # fmt: skip
RECORD = {"id": int, "type": str, "name": str, "data": str, "ttl": int}
CHECK = {"id": str, "name": str, "type": str, "target": str, "regions": [str], "enabled": bool}
ALERT = {"id": str, "name": str, "type": str, "notifications": {"email": [str], "slack": []}}
POLICY = {"uuid": str, "type": str, "entities": [], "tags": [str], "alerts": {"email": [str], "slack": []}}
FIREWALL = {
    "id": str, "name": str, "status": str, "created_at": str, "droplet_ids": [int], "tags": [str], "pending_changes": [],
    "inbound_rules": [{"protocol": str, "ports": str, "sources": dict}],
    "outbound_rules": [{"protocol": str, "ports": str, "destinations": dict}],
}  # fmt: skip
CERTIFICATE = {
    "id": str, "name": str, "dns_names": [str], "not_after": str, "sha1_fingerprint": str, "created_at": str,
    "state": str, "type": str,
}  # fmt: skip

NEW_POOL = {"name": "p", "size": "s-2vcpu-4gb", "auto_scale": True, "min_nodes": 1, "max_nodes": 3,
            "taints": [{"Key": "k", "Value": "v", "Effect": "NoSchedule"}], "tags": ["terraform:default-node-pool"]}  # fmt: skip
NEW_CLUSTER = {"name": "c", "region": "fra1", "version": "1.34.4-do.0", "tags": ["t"], "node_pools": [NEW_POOL]}
POLICY_BODY = {
    "type": "v1/insights/droplet/cpu",
    "description": "CPU",
    "compare": "GreaterThan",
    "value": 80,
    "window": "5m",
    "entities": [],
    "tags": ["x"],
    "alerts": {"email": ["a@b.c"], "slack": []},
    "enabled": True,
}
NEW_DATABASE = {
    "name": "d",
    "engine": "pg",
    "version": "16",
    "size": "db-s-1vcpu-1gb",
    "region": "fra1",
    "num_nodes": 1,
    "tags": ["t"],
}
RULES = {"inbound_rules": [{"protocol": "tcp", "ports": "80", "sources": {"addresses": ["0.0.0.0/0"]}}],
         "outbound_rules": [{"protocol": "icmp", "destinations": {}}]}  # fmt: skip

NOUNS = [
    ("/v2/vpcs", "vpc", "vpcs", {"name": "v", "region": "fra1", "ip_range": "10.9.0.0/20"}, VPC, "id"),
    ("/v2/kubernetes/clusters", "kubernetes_cluster", "kubernetes_clusters", NEW_CLUSTER, CLUSTER, "id"),
    ("/v2/projects", "project", "projects", {"name": "p", "purpose": "x"}, PROJECT, "id"),
    ("/v2/databases", "database", "databases", NEW_DATABASE, DATABASE, "id"),
    ("/v2/domains", "domain", "domains", {"name": "a.example"}, {"name": str, "ttl": int, "zone_file": str}, "name"),
    ("/v2/uptime/checks", "check", "checks", {"name": "u", "type": "https", "target": "https://x", "regions": ["eu_west"]}, CHECK, "id"),
    ("/v2/monitoring/alerts", "policy", "policies", POLICY_BODY, POLICY, "uuid"),
    ("/v2/firewalls", "firewall", "firewalls", {"name": "f", **RULES}, FIREWALL, "id"),
    ("/v2/certificates", "certificate", "certificates", {"name": "x", "type": "lets_encrypt", "dns_names": ["a.example"]}, CERTIFICATE, "id"),
    ("/v2/tags", "tag", "tags", {"name": "t"}, {"name": str, "resources": {"count": int}}, "name"),
]  # fmt: skip
IDS = [noun[1] for noun in NOUNS]


def matches(value, shape, at="$"):
    """Fail where a value lacks a field of the shape, or has another type."""
    if isinstance(shape, dict):
        for key, inner in shape.items():
            assert key in value, f"{at}.{key} is missing"
            matches(value[key], inner, f"{at}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), at
        for number, each in enumerate(value):
            matches(each, shape[0], f"{at}[{number}]") if shape else None
    elif shape is Moment:
        assert TIME.fullmatch(value), f"{at} is {value!r}"
    else:
        assert type(value) is shape, f"{at} is {value!r}"


@pytest.mark.parametrize(("path", "one", "many", "body", "shape", "identity"), NOUNS, ids=IDS)
def test_resource_create_read_update_delete(api, path, one, many, body, shape, identity):
    made = api.do("POST", path, body)[one]
    matches(made, shape)
    where = f"{path}/{made[identity]}"
    matches(api.do("GET", where)[one], shape)
    listed = api.do("GET", f"{path}?page=1&per_page=200")
    assert made[identity] in [each[identity] for each in listed[many]]
    assert listed["meta"]["total"] == len(listed[many])
    method = "PATCH" if one == "project" else "PUT"
    if one not in {"domain", "certificate", "tag", "database"}:
        field = "description" if one == "policy" else "name"
        sent = {**body, field: "renamed"} if one == "policy" else {"name": "renamed", "description": None}
        sent = {key: value for key, value in sent.items() if one in {"vpc", "project"} or value is not None}
        assert api.do(method, where, sent)[one][field] == "renamed"
        assert api.do("GET", where)[one][field] == "renamed"
    assert api.do("DELETE", where, status=204) is None
    api.do("GET", where, status=404)
    api.do("DELETE", where, status=404)


@pytest.mark.parametrize(("path", "one", "many", "body", "shape", "identity"), NOUNS, ids=IDS)
def test_missing_field_is_named(api, path, one, many, body, shape, identity):
    first = next(iter(body))
    reply = api.do("POST", path, {key: value for key, value in body.items() if key != first}, status=422)
    assert reply["message"] == f"{first} is required."
    assert set(reply) == {"id", "message", "request_id"}


def test_the_registry_and_its_subscription(api):
    api.do("GET", "/v2/registries/acme", status=404)
    made = api.do("POST", "/v2/registry", {"name": "acme", "subscription_tier_slug": "basic", "region": "fra1"})
    matches(made["registry"], REGISTRY)
    matches(api.do("GET", "/v2/registries/acme")["registry"], REGISTRY)
    matches(api.do("GET", "/v2/registry")["registry"], REGISTRY)
    for path in ("/v2/registries/subscription", "/v2/registry/subscription"):
        matches(api.do("GET", path)["subscription"], SUBSCRIPTION)
    api.do("POST", "/v2/registries", {"name": "b", "subscription_tier_slug": "basic"}, status=422)
    changed = api.do("POST", "/v2/registries/subscription", {"tier_slug": "professional"})
    assert changed["subscription"]["tier"]["slug"] == "professional"
    api.do("POST", "/v2/registries/subscription", {"tier_slug": "gold"}, status=422)
    assert "professional" in str(api.do("GET", "/v2/registry/options"))
    api.do("POST", "/v2/registries", {"name": "b", "subscription_tier_slug": "professional"}, status=201)
    api.do("POST", "/v2/registries", {"name": "b", "subscription_tier_slug": "professional"}, status=409)
    assert [one["name"] for one in api.do("GET", "/v2/registries")["registries"]] == ["acme", "b"]
    api.do("DELETE", "/v2/registries/b", status=204)
    api.do("DELETE", "/v2/registries/acme", status=204)
    api.do("GET", "/v2/registry", status=404)


def test_docker_credentials_are_new_each_time(api):
    api.do("POST", "/v2/registry", {"name": "acme", "subscription_tier_slug": "basic"})
    path = "/v2/registries/acme/docker-credentials?read_write=false&expiry_seconds=1576800000"
    one, two = (api.do("GET", path)["auths"]["registry.digitalocean.com"]["auth"] for _ in range(2))
    assert one != two


def test_records_have_no_trailing_dot(api):
    api.do("POST", "/v2/domains", {"name": "a.example"})
    path = "/v2/domains/a.example/records"
    record = api.do("POST", path, {"type": "CNAME", "name": "www", "data": "b.example."})["domain_record"]
    matches(record, RECORD)
    assert (record["data"], record["ttl"]) == ("b.example", 1800)
    changed = api.do("PUT", f"{path}/{record['id']}", {"ttl": 300, "data": None})["domain_record"]
    assert (changed["ttl"], changed["data"]) == (300, "b.example")
    types = [each["type"] for each in api.do("GET", path)["domain_records"]]
    assert types == ["SOA", "NS", "NS", "NS", "CNAME"]
    assert api.do("GET", f"{path}?type=CNAME&name=www.a.example")["domain_records"] == [changed]
    assert api.do("GET", f"{path}/{record['id']}")["domain_record"] == changed
    api.do("POST", path, {"type": "X", "data": "y"}, status=422)
    api.do("DELETE", f"{path}/{record['id']}", status=204)
    api.do("GET", f"{path}/{record['id']}", status=404)


def test_alert_belongs_to_its_check(api):
    check = api.do("POST", "/v2/uptime/checks", {"name": "u", "type": "https", "target": "https://x"})["check"]["id"]
    path = f"/v2/uptime/checks/{check}/alerts"
    alert = api.do(
        "POST", path, {"name": "down", "type": "down_global", "notifications": {"email": ["a@b.c"], "slack": None}}
    )["alert"]
    matches(alert, ALERT)
    assert api.do("PUT", f"{path}/{alert['id']}", {"period": "2m"})["alert"]["period"] == "2m"
    assert api.do("GET", path)["meta"]["total"] == 1
    assert api.do("GET", f"{path}/{alert['id']}")["alert"]["name"] == "down"
    api.do("DELETE", f"{path}/{alert['id']}", status=204)
    api.do("GET", f"{path}/{alert['id']}", status=404)


def test_account_sizes_regions_and_versions(api):
    matches(api.do("GET", "/v2/account")["account"], {"email": str, "status": str, "droplet_limit": int})
    sizes = api.do("GET", "/v2/sizes?page=1&per_page=200")["sizes"]
    matches(
        sizes, [{"slug": str, "memory": int, "vcpus": int, "disk": int, "price_monthly": float, "regions": [str]}]
    )
    assert "fra1" in [region["slug"] for region in api.do("GET", "/v2/regions")["regions"]]
    versions = api.do("GET", "/v2/kubernetes/options")["options"]["versions"]
    slugs = [version["slug"] for version in versions]
    assert slugs == sorted(slugs, reverse=True)


def test_resources_are_counted_under_their_tag(api):
    api.do("POST", "/v2/tags", {"name": "t"})
    resources = {"resources": [{"resource_id": "1", "resource_type": "database"}]}
    api.do("POST", "/v2/tags/t/resources", resources, status=204)
    assert api.do("GET", "/v2/tags/t")["tag"]["resources"]["count"] == 1
    api.do("DELETE", "/v2/tags/t/resources", resources, status=204)
    assert api.do("GET", "/v2/tags/t")["tag"]["resources"]["count"] == 0


def test_images_are_those_of_the_real_registry(tmp_path, registry):
    from .conftest import Api

    api = Api(tmp_path, registry)
    api.do("POST", "/v2/registry", {"name": "acme", "subscription_tier_slug": "basic"})
    names = [each["name"] for each in api.do("GET", "/v2/registry/acme/repositoriesV2")["repositories"]]
    assert names == ["backend"]
    tags = api.do("GET", "/v2/registries/acme/repositories/backend/tags")["tags"]
    assert [tag["tag"] for tag in tags] == ["a", "b"]
    digest = tags[0]["manifest_digest"]
    api.do("GET", "/v2/registries/acme/repositories/nothing/tags", status=404)
    api.do("DELETE", f"/v2/registry/acme/repositories/backend/digests/{digest}", status=204)
    api.do("DELETE", "/v2/registry/acme/repositories/backend/digests/sha256:0", status=404)
    api.close()
