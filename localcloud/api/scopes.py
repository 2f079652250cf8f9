"""The scopes that each route asks of a token.

From the `security` entries of DigitalOcean's OpenAPI document (github.com/digitalocean/openapi, 7c1300c); listed with
their meaning at docs.digitalocean.com/reference/api/scopes. `<noun>:<verb>` follows from the method for most routes;
the table has the others.
"""

from __future__ import annotations

import re

from localcloud.api import credentials

VERBS = {"GET": "read", "POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
NOUNS = {
    "account": "account", "actions": "actions", "certificates": "certificate", "customers": "billing",
    "databases": "database", "domains": "domain", "images": "image",
    "droplets": "droplet", "firewalls": "firewall", "kubernetes": "kubernetes", "load_balancers": "load_balancer",
    "monitoring": "monitoring", "projects": "project", "regions": "regions", "registries": "registry",
    "registry": "registry", "sizes": "sizes", "tags": "tag", "uptime": "uptime", "volumes": "block_storage",
    "vpcs": "vpc",
}  # fmt: skip

# Routes whose scopes are others than noun and verb say; the first pattern that matches counts.
EXCEPTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"GET /v2/kubernetes/clusters/\{\}/(kubeconfig|credentials)", ("kubernetes:access_cluster",)),
    (r"POST /v2/kubernetes/clusters/\{\}/(upgrade|node_pools|clusterlint)", ("kubernetes:update",)),
    (r"DELETE /v2/kubernetes/clusters/\{\}/node_pools.*", ("kubernetes:update",)),
    (r"POST /v2/kubernetes/registr(y|ies)", ("kubernetes:create", "kubernetes:update")),
    (r"DELETE /v2/kubernetes/registr(y|ies)", ("kubernetes:update",)),
    (r"GET /v2/registr(y|ies/\{\})/docker-credentials", ("registry:read",)),
    (r"GET /v2/registr(y|ies/\{\})/docker-credentials\?read_write=true", ("registry:read", "registry:update")),
    (r"POST /v2/registr(y|ies)/(subscription|.*garbage-collection)", ("registry:update",)),
    (r"(POST|DELETE) /v2/load_balancers/\{\}/(droplets|forwarding_rules)", ("load_balancer:update",)),
    (r"(POST|DELETE) /v2/firewalls/\{\}/.*", ("firewall:update",)),
    (r"POST /v2/domains/\{\}/records", ("domain:create", "domain:update")),
    (r"DELETE /v2/domains/\{\}/records/.*", ("domain:delete", "domain:update")),
    (r"POST /v2/uptime/checks/\{\}/alerts", ("uptime:create", "uptime:update")),
    (r"DELETE /v2/uptime/checks/\{\}/alerts/.*", ("uptime:delete", "uptime:update")),
    (r"POST /v2/projects/(\{\}|default)/resources", ("project:assign_resource",)),
    (r"POST /v2/databases/\{\}/users/\{\}/reset_auth", ("database:update",)),
    (r"GET /v2/sizes", ("sizes:read", "regions:read")),
)


def required_scopes(route: str) -> tuple[str, ...]:
    """The scopes of a route.

    Args:
        route: its method and its path with {} for each parameter; a login to the registry that may push is
            `…/docker-credentials?read_write=true`.
    """
    for pattern, scopes in EXCEPTIONS:
        if re.fullmatch(pattern, route):
            return scopes
    method, _, path = route.partition(" ")
    noun = NOUNS.get(path.split("/")[2]) if path.startswith("/v2/") else None
    return (f"{noun}:{VERBS[method]}",) if noun and method in VERBS else ()


def known_scopes() -> list[str]:
    """Every scope that some route asks for, or answers more to."""
    plain = {f"{noun}:{verb}" for noun in NOUNS.values() for verb in VERBS.values()}
    return sorted(plain | {credentials.SCOPE} | {scope for _, scopes in EXCEPTIONS for scope in scopes})
