"""Bad requests, and how each is refused. `python -m tests.localcloud.api.bad_requests` prints them as a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

UUID = "00000000-0000-4000-8000-000000000000"
POOL = {"name": "p", "size": "s-2vcpu-4gb", "count": 1}
CLUSTER = {"name": "c", "region": "fra1", "version": "1.34", "node_pools": [POOL]}
DATABASE = {"name": "d", "engine": "pg", "size": "db-s-1vcpu-1gb", "region": "fra1", "num_nodes": 1}
RULE = {"entry_protocol": "http", "entry_port": 80, "target_protocol": "http", "target_port": 30080}
BALANCER = {"name": "lb", "region": "fra1", "forwarding_rules": [RULE]}
ALERT = {
    "type": "v1/insights/droplet/cpu", "description": "x", "compare": "GreaterThan", "value": 80, "window": "5m",
    "entities": [], "tags": [], "alerts": {"email": ["a@b.c"], "slack": []}, "enabled": True,
}  # fmt: skip
CHECK = {"name": "u", "type": "https", "target": "https://a.example"}

CLUSTERS, DATABASES, BALANCERS = "/v2/kubernetes/clusters", "/v2/databases", "/v2/load_balancers"


@dataclass(frozen=True)
class Bad:
    """A request, and the answer: its status and words of its message; `{pg}` and so on are ids."""

    what: str
    path: str
    body: object
    status: int
    words: str
    method: str = "POST"


BAD = (
    # fields that nobody knows
    Bad("unknown field", CLUSTERS, {**CLUSTER, "colour": "red"}, 422, 'unknown field "colour"'),
    Bad("unknown field of a pool", CLUSTERS, {**CLUSTER, "node_pools": [{**POOL, "nodeCount": 1}]}, 422, 'unknown field "node_pools[0].nodeCount"'),
    Bad("unknown field", "/v2/vpcs", {"name": "v", "region": "fra1", "cidr": "10.1.0.0/20"}, 422, 'unknown field "cidr"'),
    Bad("unknown field", DATABASES, {**DATABASE, "nodes": 1}, 422, 'unknown field "nodes"'),
    Bad("unknown field of a rule", BALANCERS, {**BALANCER, "forwarding_rules": [{**RULE, "certificate_name": "x"}]}, 422, 'unknown field "forwarding_rules[0].certificate_name"'),
    Bad("unknown field", "/v2/uptime/checks", {**CHECK, "interval": 5}, 422, 'unknown field "interval"'),
    Bad("unknown field", "/v2/domains", {"name": "a.example", "ip": "192.0.2.1"}, 422, 'unknown field "ip"'),
    # wrong types
    Bad("text for a number", CLUSTERS, {**CLUSTER, "node_pools": [{**POOL, "count": "1"}]}, 400, "node_pools[0].count must be a whole number"),
    Bad("fraction for a number", CLUSTERS, {**CLUSTER, "node_pools": [{**POOL, "count": 1.5}]}, 400, "node_pools[0].count must be a whole number"),
    Bad("text for a switch", CLUSTERS, {**CLUSTER, "ha": "true"}, 400, "ha must be true or false"),
    Bad("text for a list", CLUSTERS, {**CLUSTER, "tags": "a"}, 400, "tags must be a list"),
    Bad("number for a text", CLUSTERS, {**CLUSTER, "version": 1.34}, 400, "version must be a string"),
    Bad("list for an object", CLUSTERS, {**CLUSTER, "maintenance_policy": []}, 400, "maintenance_policy must be an object"),
    Bad("switch for a number", DATABASES, {**DATABASE, "num_nodes": True}, 400, "num_nodes must be a whole number"),
    Bad("text for a port", BALANCERS, {**BALANCER, "forwarding_rules": [{**RULE, "entry_port": "80"}]}, 400, "forwarding_rules[0].entry_port must be a whole number"),
    Bad("text for a threshold", "/v2/monitoring/alerts", {**ALERT, "value": "80"}, 400, "value must be a number"),
    Bad("list for a body", "/v2/tags", [], 400, "must be a JSON object"),
    # missing fields
    Bad("no pools", CLUSTERS, {key: value for key, value in CLUSTER.items() if key != "node_pools"}, 422, "node_pools is required"),
    Bad("null for a required field", CLUSTERS, {**CLUSTER, "region": None}, 422, "region is required"),
    Bad("empty name", CLUSTERS, {**CLUSTER, "name": ""}, 422, "name is required"),
    Bad("no size", DATABASES, {key: value for key, value in DATABASE.items() if key != "size"}, 422, "size is required"),
    Bad("no rules", BALANCERS, {"name": "lb", "region": "fra1"}, 422, "forwarding_rules is required"),
    Bad("no target port", BALANCERS, {**BALANCER, "forwarding_rules": [{key: value for key, value in RULE.items() if key != "target_port"}]}, 422, "forwarding_rules[0].target_port is required"),
    Bad("no names", "/v2/certificates", {"name": "x", "type": "lets_encrypt"}, 422, "dns_names is required"),
    Bad("no key", "/v2/certificates", {"name": "x", "type": "custom", "leaf_certificate": "x"}, 422, "private_key is required"),
    Bad("no tier", "/v2/registry", {"name": "acme"}, 422, "subscription_tier_slug is required"),
    Bad("no receivers' list", "/v2/monitoring/alerts", {key: value for key, value in ALERT.items() if key != "alerts"}, 422, "alerts is required"),
    # values that there are not
    Bad("day", CLUSTERS, {**CLUSTER, "maintenance_policy": {"day": "someday"}}, 422, "maintenance_policy.day is invalid"),
    Bad("taint's effect", CLUSTERS, {**CLUSTER, "node_pools": [{**POOL, "taints": [{"Key": "a", "Value": "b", "Effect": "Never"}]}]}, 422, "node_pools[0].taints[0].effect is invalid"),
    Bad("engine", DATABASES, {**DATABASE, "engine": "postgres"}, 422, "engine is invalid"),
    Bad("pool's mode", DATABASES + "/{pg}/pools", {"name": "p", "db": "defaultdb", "size": 1, "mode": "query"}, 422, "mode is invalid"),
    Bad("trusted source's type", DATABASES + "/{pg}/firewall", {"rules": [{"type": "cidr", "value": "10.0.0.0/8"}]}, 422, "rules[0].type is invalid", "PUT"),
    Bad("eviction policy in Valkey's spelling", DATABASES + "/{valkey}/eviction_policy", {"eviction_policy": "allkeys-lru"}, 422, "eviction_policy is invalid", "PUT"),
    Bad("protocol", BALANCERS, {**BALANCER, "forwarding_rules": [{**RULE, "entry_protocol": "HTTP"}]}, 422, "forwarding_rules[0].entry_protocol is invalid"),
    Bad("type of load balancer", BALANCERS, {**BALANCER, "type": "LOCAL"}, 422, "type is invalid"),
    Bad("type of certificate", "/v2/certificates", {"name": "x", "type": "acme"}, 422, "type is invalid"),
    Bad("type of record", "/v2/domains/a.example/records", {"type": "ALIAS", "name": "x", "data": "y"}, 422, "type is invalid"),
    Bad("type of check", "/v2/uptime/checks", {**CHECK, "type": "tcp"}, 422, "type is invalid"),
    Bad("type of alert", "/v2/monitoring/alerts", {**ALERT, "type": "v1/insights/droplet/mood"}, 422, "type is invalid"),
    Bad("window of an alert", "/v2/monitoring/alerts", {**ALERT, "window": "7m"}, 422, "window is invalid"),
    # what is not offered, or not there
    Bad("retired patch", CLUSTERS, {**CLUSTER, "version": "1.34.1-do.0"}, 422, "invalid version slug"),
    Bad("unknown minor", CLUSTERS, {**CLUSTER, "version": "1.99"}, 422, "invalid version slug"),
    Bad("region", CLUSTERS, {**CLUSTER, "region": "ber1"}, 422, "region ber1 is not available"),
    Bad("size too small for a node", CLUSTERS, {**CLUSTER, "node_pools": [{**POOL, "size": "s-1vcpu-1gb"}]}, 422, "invalid droplet size"),
    Bad("no worker at all", CLUSTERS, {**CLUSTER, "node_pools": [{**POOL, "count": 0}]}, 422, "at least one worker node"),
    Bad("more droplets than the limit", CLUSTERS, {**CLUSTER, "node_pools": [{**POOL, "count": 26}]}, 422, "not enough available droplet limit"),
    Bad("autoscaler beyond the limit", CLUSTERS, {**CLUSTER, "node_pools": [{"name": "p", "size": "s-2vcpu-4gb", "auto_scale": True, "min_nodes": 1, "max_nodes": 30}]}, 422, "autoscale desired max nodes exceed limits"),
    Bad("network that is not there", CLUSTERS, {**CLUSTER, "vpc_uuid": UUID}, 422, "VPC not found"),
    Bad("two minors at once", CLUSTERS + "/{old}/upgrade", {"version": "1.35.1-do.0"}, 422, "cannot upgrade"),
    Bad("downgrade", CLUSTERS + "/{old}/upgrade", {"version": "1.32"}, 422, "cannot upgrade"),
    Bad("public range", "/v2/vpcs", {"name": "v", "region": "fra1", "ip_range": "8.8.0.0/20"}, 422, "must be private"),
    Bad("range of DigitalOcean's own", "/v2/vpcs", {"name": "v", "region": "fra1", "ip_range": "10.244.0.0/20"}, 422, "is reserved"),
    Bad("range of the region's own", "/v2/vpcs", {"name": "v", "region": "fra1", "ip_range": "10.19.0.0/20"}, 422, "is reserved"),
    Bad("database size", DATABASES, {**DATABASE, "size": "s-1vcpu-1gb"}, 422, "invalid size"),
    Bad("database version", DATABASES, {**DATABASE, "version": "9.6"}, 422, "invalid version"),
    Bad("four database nodes", DATABASES, {**DATABASE, "num_nodes": 4}, 422, "num_nodes must be between"),
    Bad("pool beyond the connections", DATABASES + "/{pg}/pools", {"name": "p", "db": "defaultdb", "size": 23, "mode": "session"}, 422, "between 1 and 22"),
    Bad("pool of an unknown user", DATABASES + "/{pg}/pools", {"name": "p", "db": "defaultdb", "size": 1, "mode": "session", "user": "x"}, 422, "user x does not exist"),
    Bad("user twice", DATABASES + "/{pg}/users", {"name": "doadmin"}, 422, "user name is not available"),
    Bad("source that is no range", DATABASES + "/{pg}/firewall", {"rules": [{"type": "ip_addr", "value": "10.0.0.0/99"}]}, 422, "not an address or a range", "PUT"),
    Bad("eviction policy of PostgreSQL", DATABASES + "/{pg}/eviction_policy", {"eviction_policy": "noeviction"}, 422, "not supported for engine pg", "PUT"),
    Bad("tag and droplets", BALANCERS, {**BALANCER, "tag": "x", "droplet_ids": [1]}, 422, "not both"),
    Bad("droplet that is not there", BALANCERS, {**BALANCER, "droplet_ids": [1]}, 422, "droplet 1 was not found"),
    Bad("HTTPS without certificate", BALANCERS, {**BALANCER, "forwarding_rules": [{**RULE, "entry_protocol": "https"}]}, 422, "either certificate_id or tls_passthrough"),
    Bad("certificate that is not there", BALANCERS, {**BALANCER, "forwarding_rules": [{**RULE, "entry_protocol": "https", "certificate_id": UUID}]}, 422, "was not found"),
    Bad("redirect without HTTPS", BALANCERS, {**BALANCER, "redirect_http_to_https": True}, 422, "requires an HTTP and an HTTPS"),
    Bad("HTTP at a network load balancer", BALANCERS, {**BALANCER, "type": "REGIONAL_NETWORK"}, 422, "not supported by a network load balancer"),
    Bad("texts that are no certificate", "/v2/certificates", {"name": "x", "type": "custom", "private_key": "x", "leaf_certificate": "x"}, 422, "the certificate is invalid"),
    Bad("host without its dot", "/v2/domains/a.example/records", {"type": "CNAME", "name": "x", "data": "b.example"}, 422, "end with a dot"),
    Bad("invalid address", "/v2/domains/a.example/records", {"type": "A", "name": "x", "data": "1.2.3"}, 422, "not a valid IPv4 address"),
    Bad("invalid domain", "/v2/domains", {"name": "a_b"}, 422, "not a valid domain name"),
    Bad("record of an unknown domain", "/v2/domains/x.example/records", {"type": "A", "name": "x", "data": "192.0.2.1"}, 404, "could not be found"),
    Bad("registry's tier", "/v2/registry", {"name": "acme", "subscription_tier_slug": "gold"}, 422, "subscription_tier_slug is invalid"),
    Bad("registry's name", "/v2/registry", {"name": "Acme_1", "subscription_tier_slug": "basic"}, 422, "invalid name"),
    Bad("alert without receiver", "/v2/monitoring/alerts", {**ALERT, "alerts": {"email": [], "slack": []}}, 422, "email or a slack receiver"),
    Bad("region of a check", "/v2/uptime/checks", {**CHECK, "regions": ["fra1"]}, 422, "is none of"),
    Bad("invalid URN", "/v2/projects/default/resources", {"resources": ["x"]}, 400, "not a valid URN"),
)  # fmt: skip


def prepare(api):
    """What the requests refer to; the ids by name."""
    api.do("POST", "/v2/domains", {"name": "a.example"})
    databases = {
        name: api.do("POST", DATABASES, {**DATABASE, "name": name, "engine": name})["database"]["id"]
        for name in ("pg", "valkey")
    }
    old = api.do("POST", CLUSTERS, {**CLUSTER, "name": "old", "version": "1.33"})["kubernetes_cluster"]["id"]
    return {**databases, "old": old}


def main():
    from tests.localcloud.api.conftest import Api

    with TemporaryDirectory() as folder:
        api = Api(Path(folder))
        ids = prepare(api)
        print("| # | request | what is wrong | answer |\n|---|---|---|---|")
        for number, bad in enumerate(BAD, start=1):
            reply = api.client.request(bad.method, bad.path.format(**ids), json=bad.body)
            body = reply.json()
            answer = f"{reply.status_code} `{body['id']}`: {body['message']}"
            print(f"| {number} | {bad.method} {bad.path} | {bad.what} | {answer} |")
        api.close()


if __name__ == "__main__":
    main()
