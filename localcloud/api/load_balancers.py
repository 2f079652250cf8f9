"""Load balancers as the API keeps them, and which settings fit together."""

from __future__ import annotations

from typing import Any

from localcloud.api import catalogue, certificates, droplets
from localcloud.api.account import Account
from localcloud.api.replies import ApiError, new_id, not_found, now
from localcloud.api.store import Document, Store

KIND = "load_balancer"
GONE = "deleted_load_balancer"
TLS = {"https", "http2", "http3"}
HEALTH_CHECK = {
    "protocol": "http", "port": 80, "path": "/", "check_interval_seconds": 10, "response_timeout_seconds": 5,
    "healthy_threshold": 5, "unhealthy_threshold": 3, "proxy_protocol": None,
}  # fmt: skip
RULE = {"certificate_id": "", "tls_passthrough": False}
DEFAULTS: Document = {
    "size_unit": 1, "size": "lb-small", "algorithm": "round_robin", "tag": "", "redirect_http_to_https": False,
    "enable_proxy_protocol": False, "enable_backend_keepalive": False, "vpc_uuid": "", "subnet_uuid": "",
    "project_id": "", "disable_lets_encrypt_dns_records": False, "http_idle_timeout_seconds": 60,
    "type": "REGIONAL", "network": "EXTERNAL", "network_stack": "IPV4", "tls_cipher_policy": "DEFAULT",
}  # fmt: skip
FIXED = ("region", "network", "network_stack", "type", "vpc_uuid", "subnet_uuid")  # of a load balancer that exists


def get(store: Store, identity: str) -> Document:
    """The load balancer of that id.

    Raises:
        ApiError: 404.
    """
    balancer = store.get(KIND, identity)
    if balancer is None:
        raise not_found()
    return balancer


def create(account: Account, body: Document) -> Document:
    """Keep a new load balancer, and request the real one.

    Raises:
        ApiError: 422.
    """
    with account.store.lock():
        balancer = {
            "id": new_id(),
            "name": body.get("name") or f"lb-{new_id()[:8]}",
            "ip": "",
            "ipv6": "",
            "status": "new",
            "created_at": now(),
            "region": body.get("region"),
            **_settings(body),
        }
        balancer["region"] = balancer["region"] or _region(account.store, balancer)
        _check(account, balancer)
        balancer["region"] = catalogue.region(balancer["region"])
        account.store.put(KIND, balancer["id"], balancer)
    account.jobs.request(KIND, balancer["id"])
    return balancer


def update(account: Account, identity: str, body: Document) -> Document:
    """Replace a load balancer's settings, as PUT does: what is not sent gets its default.

    Raises:
        ApiError: 404, 422.
    """
    with account.store.lock():
        held = get(account.store, identity)
        fixed = {key: held[key] for key in FIXED}
        changed = {**held, "name": body.get("name") or held["name"], **_settings(body), **fixed}
        _check(account, {**changed, "region": held["region"]["slug"]})
        account.store.put(KIND, identity, changed)
    account.jobs.request(KIND, identity, at_once=True)
    return changed


def delete(account: Account, identity: str) -> None:
    """Raises: ApiError: 404."""
    with account.store.lock():
        held = get(account.store, identity)
        account.store.put(GONE, identity, {"id": identity, "vpc_uuid": held["vpc_uuid"]})
        account.store.remove(KIND, identity)
    account.jobs.request(GONE, identity)


def _settings(body: Document) -> Document:
    sent: dict[str, Any] = {key: body[key] for key in DEFAULTS if body.get(key) is not None}
    return {
        **DEFAULTS,
        **sent,
        "forwarding_rules": [
            {**RULE, **{key: value for key, value in rule.items() if value is not None}}
            for rule in body["forwarding_rules"]
        ],
        "health_check": {**HEALTH_CHECK, **(body.get("health_check") or {})},
        "sticky_sessions": {"type": "none", **(body.get("sticky_sessions") or {})},
        "droplet_ids": body.get("droplet_ids") or [],
        "firewall": body.get("firewall"),
        "tags": body.get("tags") or [],
        "domains": body.get("domains") or [],
    }


def _region(store: Store, balancer: Document) -> str:
    """A load balancer's region follows from its network, where it is not given.

    Raises:
        ApiError: 422: it has none either.
    """
    vpc = store.get("vpc", balancer["vpc_uuid"])
    if vpc is None:
        raise ApiError(422, "region is required.")
    return str(vpc["region"])


def _check(account: Account, balancer: Document) -> None:
    """Refuse what does not fit together.

    Raises:
        ApiError: 422.
    """
    store = account.store
    if balancer["region"] not in catalogue.REGIONS:
        raise ApiError(422, f"region {balancer['region']} is not available")
    if any(held["name"] == balancer["name"] and held["id"] != balancer["id"] for held in store.all(KIND)):
        raise ApiError(422, f"a load balancer named {balancer['name']} already exists")
    if balancer["vpc_uuid"] and store.get("vpc", balancer["vpc_uuid"]) is None:
        raise ApiError(422, "VPC not found")
    if balancer["tag"] and balancer["droplet_ids"]:
        raise ApiError(422, "you must specify either a tag or a list of droplet_ids, not both")
    for identity in balancer["droplet_ids"]:
        if store.get(droplets.KIND, str(identity)) is None:
            raise ApiError(422, f"droplet {identity} was not found")
    if not balancer["forwarding_rules"]:
        raise ApiError(422, "forwarding_rules is required.")
    ports = [rule["entry_port"] for rule in balancer["forwarding_rules"]]
    if len(set(ports)) < len(ports):
        raise ApiError(422, "forwarding rules must have distinct entry ports")
    for rule in balancer["forwarding_rules"]:
        _check_rule(store, balancer, rule)
    if balancer["redirect_http_to_https"] and not {"http", "https"} <= {
        r["entry_protocol"] for r in balancer["forwarding_rules"]
    }:
        raise ApiError(422, "redirect_http_to_https requires an HTTP and an HTTPS forwarding rule")


def _check_rule(store: Store, balancer: Document, rule: Document) -> None:
    port, protocol = rule["entry_port"], rule["entry_protocol"]
    if balancer["type"] == "REGIONAL_NETWORK" and protocol not in {"tcp", "udp"}:
        raise ApiError(422, f"{protocol} is not supported by a network load balancer; use tcp or udp")
    if not (0 < port < 2**16 and 0 < rule["target_port"] < 2**16):
        raise ApiError(422, "ports must be between 1 and 65535")
    if protocol in TLS:
        if bool(rule["certificate_id"]) is bool(rule["tls_passthrough"]):
            raise ApiError(422, f"rule for port {port} must have either certificate_id or tls_passthrough")
        if rule["certificate_id"] and store.get(certificates.KIND, rule["certificate_id"]) is None:
            raise ApiError(422, f"certificate {rule['certificate_id']} was not found")
    elif rule["certificate_id"]:
        raise ApiError(422, f"rule for port {port} has a certificate, but its protocol is {protocol}")
