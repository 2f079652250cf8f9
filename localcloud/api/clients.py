"""Where real clients and the published description of bodies differ; each entry says who sends what.

The description itself is descriptions.json. A template of pydo names no required field where the OpenAPI document
composes an object of several parts, and it has no template for a body of several forms.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
STRINGS: Schema = {"type": "array", "items": STRING}
TAGGED = ("droplet", "image", "volume", "volume_snapshot", "database")

# Fields beside those of the description: (route, path): schema.
FIELDS: dict[tuple[str, str], Schema] = {
    # A region is an object in an answer and a slug in a request.
    ("POST /v2/load_balancers", "region"): STRING,
    ("PUT /v2/load_balancers/{}", "region"): STRING,
    # godo's LoadBalancerRequest has `tags`; DigitalOcean's cloud controller marks its own with `k8s:<cluster id>`.
    ("POST /v2/load_balancers", "tags"): STRINGS,
    ("PUT /v2/load_balancers/{}", "tags"): STRINGS,
    # godo's, too: a load balancer that is only checked, and checks of targets that speak the PROXY protocol.
    **{
        (route, path): {"type": "boolean"}
        for route in ("POST /v2/load_balancers", "PUT /v2/load_balancers/{}")
        for path in ("validate_only", "health_check.proxy_protocol")
    },
    # The two forms of a certificate's body: only the answer has a template.
    ("POST /v2/certificates", "private_key"): STRING,
    ("POST /v2/certificates", "leaf_certificate"): STRING,
    ("POST /v2/certificates", "certificate_chain"): STRING,
    # godo's DatabaseCreateRequest asks for the growth of storage by this name.
    ("POST /v2/databases", "storage_autoscale"): {"type": "object"},
    ("POST /v2/volumes", "region"): STRING,
    ("POST /v2/volumes", "snapshot_id"): STRING,
    # The official provider sends these on each update of a cluster; OpenAPI has them for a creation only.
    ("PUT /v2/kubernetes/clusters/{}", "worker_subnet_uuid"): STRING,
}

# Required fields that no template marks.
REQUIRED: dict[str, tuple[str, ...]] = {
    "POST /v2/vpcs": ("name", "region"),
    "POST /v2/projects": ("name", "purpose"),
    "POST /v2/domains": ("name",),
    "POST /v2/domains/{}/records": ("type", "data"),
    "POST /v2/tags": ("name",),
    "POST /v2/firewalls": ("name",),
    "POST /v2/certificates": ("name",),
    "POST /v2/uptime/checks": ("name", "type", "target"),
    "POST /v2/uptime/checks/{}/alerts": ("name", "type", "notifications"),
    "POST /v2/load_balancers": ("forwarding_rules",),
    "PUT /v2/load_balancers/{}": ("forwarding_rules",),
    "POST /v2/kubernetes/clusters/{}/node_pools": ("name", "size"),
    "POST /v2/kubernetes/clusters/{}/upgrade": ("version",),
    "POST /v2/registries": ("subscription_tier_slug",),
    "POST /v2/registries/subscription": ("tier_slug",),
    "PUT /v2/databases/{}/upgrade": ("version",),
    "PUT /v2/databases/{}/firewall": ("rules",),
    "PUT /v2/databases/{}/autoscale": ("storage",),
    "PATCH /v2/databases/{}/config": ("config",),
    "POST /v2/tags/{}/resources": ("resources",),
    "DELETE /v2/tags/{}/resources": ("resources",),
    "POST /v2/projects/{}/resources": ("resources",),
}

# Required in the description, and left out by the official provider: (route, where): fields.
OPTIONAL: dict[tuple[str, str], tuple[str, ...]] = {
    ("PUT /v2/domains/{}/records/{}", ""): ("type",),  # which cannot change
    **{
        (route, rules): ("ports",)  # ICMP has none
        for route in ("POST /v2/firewalls", "PUT /v2/firewalls/{}")
        for rules in ("inbound_rules[]", "outbound_rules[]")
    },
}

# Known values that a template's text lists without the words that mark them; [] stands for the items of a list.
VALUES: dict[tuple[str, str], tuple[str, ...]] = {
    # The official provider tags databases; the description of tags is older than they are.
    ("POST /v2/tags/{}/resources", "resources[].resource_type"): TAGGED,
    ("DELETE /v2/tags/{}/resources", "resources[].resource_type"): TAGGED,
    ("POST /v2/domains/{}/records", "type"): ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "SOA", "SRV", "TXT"),
    ("POST /v2/databases/{}/pools", "mode"): ("session", "transaction", "statement"),
    ("PUT /v2/databases/{}/pools/{}", "mode"): ("session", "transaction", "statement"),
}
