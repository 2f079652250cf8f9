"""Jobs of load balancers: make the real ones match, remove them, note failures."""

from __future__ import annotations

from localcloud.api import certificates, droplets
from localcloud.api.account import Account
from localcloud.api.backends import BackendError
from localcloud.api.load_balancer_backend import ForwardingRule, HealthCheck, LoadBalancerSpec
from localcloud.api.load_balancers import GONE, HEALTH_CHECK, KIND, TLS
from localcloud.api.store import Document, Store


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
