"""Jobs of database clusters: make the real ones match, remove them, note failures."""

from __future__ import annotations

import ipaddress
from typing import Literal, cast

from localcloud.api import database_catalogue, droplets
from localcloud.api.account import Account
from localcloud.api.database_backend import ConnectionPool, DatabaseEndpoint, DatabaseSpec, DatabaseUser
from localcloud.api.databases import CACHES, DB, GONE, KIND, POOL, USER, connections, parts, pool_connections
from localcloud.api.followers import rules
from localcloud.api.store import Document, Store

NOBODY = "192.0.2.1/32"  # of documentation: for sources that are named, and have no machine


def match(account: Account, identity: str) -> None:
    """Make a database cluster match its document; job.

    Raises:
        BackendError: it could not be.
    """
    database = account.store.get(KIND, identity)
    if database is None:
        return
    endpoint = None
    if account.backends.databases is not None and database["engine"] in {"pg", *CACHES}:
        endpoint = account.backends.databases.apply(specification(account, database))
    with account.store.lock():
        held = account.store.get(KIND, identity)
        if held is None:
            return
        if endpoint is not None:
            held |= _record_endpoint(account.store, held, endpoint)
        account.store.put(KIND, identity, {**held, "status": "online"})


def fail(account: Account, identity: str, message: str) -> None:
    with account.store.lock():
        held = account.store.get(KIND, identity)
        if held is not None:
            account.store.put(KIND, identity, {**held, "status": "error", "status_message": message})


def remove(account: Account, identity: str) -> None:
    if account.backends.databases is not None:
        account.backends.databases.delete(identity)
    account.store.remove("database_endpoint", identity)
    account.store.remove(GONE, identity)


def specification(account: Account, database: Document) -> DatabaseSpec:
    """What the real database is to be."""
    store, identity = account.store, database["id"]
    administrator = database["connection"]
    cache = database["engine"] in CACHES
    policy = str(database.get("eviction_policy") or "noeviction")
    return DatabaseSpec(
        id=identity,
        name=database["name"],
        engine="valkey" if cache else "pg",
        version=database["version"],
        administrator=DatabaseUser(name=administrator["user"], password=administrator["password"]),
        users=[
            DatabaseUser(name=user["name"], password=user["password"])
            for user in parts(store, USER, identity)
            if user["role"] == "normal"
        ],
        databases=[] if cache else [one["name"] for one in parts(store, DB, identity)],
        pools=[_pool(administrator["user"], pool) for pool in parts(store, POOL, identity)],
        trusted=list_trusted_ranges(account, identity),
        max_connections=database_catalogue.max_connections(database["size"]),
        eviction_policy=policy.replace("_", "-") if cache else None,
    )


def list_trusted_ranges(account: Account, identity: str) -> list[str]:
    """The ranges that may connect; a source without a machine is no reason to let everybody in."""
    ranges: list[str] = []
    for rule in rules(account, identity):
        kind, value = rule["type"], rule["value"]
        if kind == "ip_addr":
            ranges.append(str(ipaddress.ip_network(value, strict=False)))
            continue
        machines = droplets.tagged(account.store, value) if kind == "tag" else account.store.all(droplets.KIND)
        names = {"k8s": "cluster", "droplet": "id"}
        if kind in names:
            machines = [machine for machine in machines if str(machine[names[kind]]) == value]
        ranges += [f"{machine['address']}/32" for machine in machines if machine["address"]] or [NOBODY]
    return list(dict.fromkeys(ranges))


def _pool(administrator: str, pool: Document) -> ConnectionPool:
    return ConnectionPool(
        name=pool["name"],
        mode=cast(Literal["transaction", "session", "statement"], pool["mode"]),
        size=pool["size"],
        database=pool["db"],
        user=pool.get("user") or administrator,
    )


def _record_endpoint(store: Store, database: Document, endpoint: DatabaseEndpoint) -> Document:
    """The connections of a real server, its pools' among them."""
    store.put("database_endpoint", database["id"], {"pool_port": endpoint.pool_port})
    password = database["connection"]["password"]
    changed = {**database, **connections(database, password, endpoint.host, endpoint.host, endpoint.port)}
    for pool in parts(store, POOL, database["id"]):
        body = {**pool, **pool_connections(store, changed, pool)}
        store.put(POOL, f"{database['id']}/{pool['name']}", {"in": database["id"], "body": body})
    return {key: changed[key] for key in ("connection", "private_connection")}
