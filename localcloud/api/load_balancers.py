"""Load balancers as the API keeps them, and what the real ones are made of."""

from __future__ import annotations

from typing import Any

from localcloud.api import catalogue, certificates, droplets
from localcloud.api.account import Account
from localcloud.api.backends import BackendError, ForwardingRule, HealthCheck, LoadBalancerSpec
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


def found(store: Store, identity: str) -> Document:
    """The load balancer of that id.

    Raises:
        ApiError: 404.
    """
    balancer = store.get(KIND, identity)
    if balancer is None:
        raise not_found()
    return balancer


def create(account: Account, body: Document) -> Document:
    """Keep a new load balancer, and have it made.

    Raises:
        ApiError: 422.
    """
    with account.store.lock():
        made = {
            "id": new_id(),
            "name": body.get("name") or f"lb-{new_id()[:8]}",
            "ip": "",
            "ipv6": "",
            "status": "new",
            "created_at": now(),
            "region": body.get("region"),
            **_settings(body),
        }
        made["region"] = made["region"] or _region(account.store, made)
        _check(account, made)
        made["region"] = catalogue.region(made["region"])
        account.store.put(KIND, made["id"], made)
    account.jobs.request(KIND, made["id"])
    return made


def update(account: Account, identity: str, body: Document) -> Document:
    """Replace a load balancer's settings, as PUT does: what is not sent gets its default.

    Raises:
        ApiError: 404, 422.
    """
    with account.store.lock():
        held = found(account.store, identity)
        fixed = {key: held[key] for key in FIXED}
        changed = {**held, "name": body.get("name") or held["name"], **_settings(body), **fixed}
        _check(account, {**changed, "region": held["region"]["slug"]})
        account.store.put(KIND, identity, changed)
    account.jobs.request(KIND, identity, at_once=True)
    return changed


def delete(account: Account, identity: str) -> None:
    """Raises: ApiError: 404."""
    with account.store.lock():
        held = found(account.store, identity)
        account.store.put(GONE, identity, {"id": identity, "vpc_uuid": held["vpc_uuid"]})
        account.store.remove(KIND, identity)
    account.jobs.request(GONE, identity)


def match(account: Account, identity: str) -> None:
    """Make a load balancer match its document; job.

    Raises:
        BackendError: it could not be.
    """
    backend = account.backends.load_balancers
    held = account.store.get(KIND, identity)
    if held is None:
        return
    address = held["ip"] or _address(account)
    _note(account, identity, {"ip": address})
    if backend is not None:
        backend.apply(specification(account, {**held, "ip": address}))
    _note(account, identity, {"status": "active"})


def fail(account: Account, identity: str, _: str) -> None:
    _note(account, identity, {"status": "errored"})


def remove(account: Account, identity: str) -> None:
    if account.backends.load_balancers is not None:
        account.backends.load_balancers.delete(identity)
    account.store.remove(GONE, identity)


def specification(account: Account, held: Document) -> LoadBalancerSpec:
    """What the real load balancer is to be.

    Raises:
        BackendError: a certificate has not been issued.
    """
    check = {**HEALTH_CHECK, **{key: value for key, value in held["health_check"].items() if value is not None}}
    return LoadBalancerSpec(
        id=held["id"],
        name=held["name"],
        address=held["ip"],
        rules=[_rule(account, rule) for rule in held["forwarding_rules"]],
        targets=[droplet["address"] for droplet in targets(account.store, held) if droplet["address"]],
        health_check=HealthCheck(
            protocol=check["protocol"],
            port=check["port"],
            path=check["path"],
            interval_seconds=check["check_interval_seconds"],
        ),
        redirect_http_to_https=held["redirect_http_to_https"],
        proxy_protocol=held["enable_proxy_protocol"],
        idle_timeout_seconds=held["http_idle_timeout_seconds"],
    )


def targets(store: Store, held: Document) -> list[Document]:
    """The droplets behind a load balancer."""
    if held["tag"]:
        return droplets.tagged(store, held["tag"])
    return [droplet for droplet in store.all(droplets.KIND) if droplet["id"] in held["droplet_ids"]]


def _rule(account: Account, rule: Document) -> ForwardingRule:
    protocol, target = rule["entry_protocol"], rule["target_protocol"]
    if rule["tls_passthrough"]:
        protocol = target = "tcp"
    certificate = None
    if protocol in TLS:
        certificate = certificates.material(account.store, rule["certificate_id"])
        if certificate is None:
            raise BackendError(f"certificate {rule['certificate_id']} is not issued")
    return ForwardingRule(
        entry_protocol=protocol,
        entry_port=rule["entry_port"],
        target_protocol=target,
        target_port=rule["target_port"],
        certificate=certificate,
    )


def _address(account: Account) -> str:
    with account.store.lock():
        taken = [held["ip"] for held in account.store.all(KIND) if held["ip"]]
        if account.backends.load_balancers is not None:
            return account.backends.load_balancers.address(taken)
        # Of the block that is for documentation: nothing answers there.
        return next(ip for number in range(10, 255) if (ip := f"192.0.2.{number}") not in taken)


def _note(account: Account, identity: str, changes: Document) -> None:
    with account.store.lock():
        held = account.store.get(KIND, identity)
        if held is not None:
            account.store.put(KIND, identity, {**held, **changes})


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


def _region(store: Store, made: Document) -> str:
    """A load balancer's region follows from its network, where it is not given.

    Raises:
        ApiError: 422: it has none either.
    """
    vpc = store.get("vpc", made["vpc_uuid"])
    if vpc is None:
        raise ApiError(422, "region is required.")
    return str(vpc["region"])


def _check(account: Account, made: Document) -> None:
    """Refuse what does not fit together.

    Raises:
        ApiError: 422.
    """
    store = account.store
    if made["region"] not in catalogue.REGIONS:
        raise ApiError(422, f"region {made['region']} is not available")
    if any(held["name"] == made["name"] and held["id"] != made["id"] for held in store.all(KIND)):
        raise ApiError(422, f"a load balancer named {made['name']} already exists")
    if made["vpc_uuid"] and store.get("vpc", made["vpc_uuid"]) is None:
        raise ApiError(422, "VPC not found")
    if made["tag"] and made["droplet_ids"]:
        raise ApiError(422, "you must specify either a tag or a list of droplet_ids, not both")
    for identity in made["droplet_ids"]:
        if store.get(droplets.KIND, str(identity)) is None:
            raise ApiError(422, f"droplet {identity} was not found")
    if not made["forwarding_rules"]:
        raise ApiError(422, "forwarding_rules is required.")
    ports = [rule["entry_port"] for rule in made["forwarding_rules"]]
    if len(set(ports)) < len(ports):
        raise ApiError(422, "forwarding rules must have distinct entry ports")
    for rule in made["forwarding_rules"]:
        _check_rule(store, made, rule)
    if made["redirect_http_to_https"] and not {"http", "https"} <= {
        r["entry_protocol"] for r in made["forwarding_rules"]
    }:
        raise ApiError(422, "redirect_http_to_https requires an HTTP and an HTTPS forwarding rule")


def _check_rule(store: Store, made: Document, rule: Document) -> None:
    port, protocol = rule["entry_port"], rule["entry_protocol"]
    if made["type"] == "REGIONAL_NETWORK" and protocol not in {"tcp", "udp"}:
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
