"""The API answers with each field that the official provider reads, whose process ends where one is missing."""

from __future__ import annotations

import pytest

from .bodies import FIREWALL_RULES, NEW_CLUSTER, NEW_DATABASE, NEW_POLICY
from .conftest import Api
from .shapes import (
    ALERT,
    CERTIFICATE,
    CHECK,
    CLUSTER,
    DATABASE,
    FIREWALL,
    POLICY,
    PROJECT,
    RECORD,
    REGISTRY,
    SUBSCRIPTION,
    VPC,
    assert_matches,
)

NOUNS = [
    ("/v2/vpcs", "vpc", "vpcs", {"name": "v", "region": "fra1", "ip_range": "10.9.0.0/20"}, VPC, "id"),
    ("/v2/kubernetes/clusters", "kubernetes_cluster", "kubernetes_clusters", NEW_CLUSTER, CLUSTER, "id"),
    ("/v2/projects", "project", "projects", {"name": "p", "purpose": "x"}, PROJECT, "id"),
    ("/v2/databases", "database", "databases", NEW_DATABASE, DATABASE, "id"),
    ("/v2/domains", "domain", "domains", {"name": "a.example"}, {"name": str, "ttl": int, "zone_file": str}, "name"),
    ("/v2/uptime/checks", "check", "checks", {"name": "u", "type": "https", "target": "https://x", "regions": ["eu_west"]}, CHECK, "id"),
    ("/v2/monitoring/alerts", "policy", "policies", NEW_POLICY, POLICY, "uuid"),
    ("/v2/firewalls", "firewall", "firewalls", {"name": "f", **FIREWALL_RULES}, FIREWALL, "id"),
    ("/v2/certificates", "certificate", "certificates", {"name": "x", "type": "lets_encrypt", "dns_names": ["a.example"]}, CERTIFICATE, "id"),
    ("/v2/tags", "tag", "tags", {"name": "t"}, {"name": str, "resources": {"count": int}}, "name"),
]  # fmt: skip
IDS = [noun[1] for noun in NOUNS]


@pytest.mark.parametrize(("path", "one", "many", "body", "shape", "identity"), NOUNS, ids=IDS)
def test_resource_create_read_update_delete(api, path, one, many, body, shape, identity):
    made = api.do("POST", path, body)[one]
    assert_matches(made, shape)
    where = f"{path}/{made[identity]}"
    assert_matches(api.do("GET", where)[one], shape)
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
    assert_matches(made["registry"], REGISTRY)
    assert_matches(api.do("GET", "/v2/registries/acme")["registry"], REGISTRY)
    assert_matches(api.do("GET", "/v2/registry")["registry"], REGISTRY)
    for path in ("/v2/registries/subscription", "/v2/registry/subscription"):
        assert_matches(api.do("GET", path)["subscription"], SUBSCRIPTION)
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
    assert_matches(record, RECORD)
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
    assert_matches(alert, ALERT)
    assert api.do("PUT", f"{path}/{alert['id']}", {"period": "2m"})["alert"]["period"] == "2m"
    assert api.do("GET", path)["meta"]["total"] == 1
    assert api.do("GET", f"{path}/{alert['id']}")["alert"]["name"] == "down"
    api.do("DELETE", f"{path}/{alert['id']}", status=204)
    api.do("GET", f"{path}/{alert['id']}", status=404)


def test_account_sizes_regions_and_versions(api):
    assert_matches(api.do("GET", "/v2/account")["account"], {"email": str, "status": str, "droplet_limit": int})
    sizes = api.do("GET", "/v2/sizes?page=1&per_page=200")["sizes"]
    assert_matches(
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
