"""Database clusters as the API keeps them: their documents, trusted sources and connections."""

from __future__ import annotations

import ipaddress
import secrets
from typing import Any

from localcloud.api import catalogue, database_catalogue, droplets
from localcloud.api.account import Account
from localcloud.api.replies import ApiError, new_id, not_found, now, require_fields
from localcloud.api.store import Document, Store

KIND = "database"
GONE = "deleted_database"
USER, DB, POOL = "database_user", "database_db", "database_pool"
LOGSINK = "database_logsink"
PORTS = {"pg": 25060, "mysql": 25060, "redis": 25061, "valkey": 25061, "mongodb": 27017, "kafka": 25073}
POOL_PORT = 25061
CACHES = {"redis", "valkey"}
SCHEMES = {"pg": "postgresql", "redis": "rediss", "valkey": "rediss"}


def get(store: Store, identity: str) -> Document:
    """The database cluster of that id.

    Raises:
        ApiError: 404.
    """
    database = store.get(KIND, identity)
    if database is None:
        raise not_found()
    return database


def create(account: Account, body: Document) -> Document:
    """Keep a new database cluster, and request the real one.

    Raises:
        ApiError: 422.
    """
    require_fields(body, "name", "engine", "size", "region", "num_nodes")
    check(account.store, body)
    version = str(body.get("version") or database_catalogue.ENGINES[body["engine"]][0])
    database: Document = {
        "id": new_id(),
        "name": body["name"],
        "engine": body["engine"],
        "version": version,
        "region": body["region"],
        "size": body["size"],
        "num_nodes": body["num_nodes"],
        "status": "creating",
        "created_at": now(),
        "storage_size_mib": body.get("storage_size_mib") or database_catalogue.storage(body["size"]),
        "storage_autoscale": body.get("storage_autoscale"),
        "tags": body.get("tags") or [],
        "private_network_uuid": body.get("private_network_uuid") or "",
        "project_id": body.get("project_id") or "",
        "maintenance_window": {"day": "monday", "hour": "00:00:00", "pending": False},
        "metrics_endpoints": [],
        "db_names": ["defaultdb"],
        "users": [],
    }
    password = f"AVNS_{secrets.token_urlsafe(16)}"
    host = f"{database['name']}-do-user-1-0.db.ondigitalocean.com"
    database |= connections(database, password, host, f"private-{host}", PORTS.get(database["engine"], 25060))
    with account.store.lock():
        if any(held["name"] == body["name"] for held in account.store.all(KIND)):
            raise ApiError(422, f"a database cluster named {body['name']} already exists")
        account.store.put(KIND, database["id"], database)
        _keep_first_parts(account.store, database, password)
        if body.get("rules"):
            set_rules(account.store, database["id"], body["rules"])
    account.jobs.request(KIND, database["id"])
    return database


def check(store: Store, body: Document) -> None:
    """Refuse what DigitalOcean does not offer.

    Raises:
        ApiError: 422.
    """
    engine, version = body["engine"], body.get("version")
    if engine not in database_catalogue.ENGINES:
        raise ApiError(422, f"invalid engine: {engine}")
    if version and str(version) not in database_catalogue.ENGINES[engine]:
        raise ApiError(422, f"invalid version {version} for engine {engine}")
    if body["region"] not in catalogue.REGIONS:
        raise ApiError(422, f"region {body['region']} is not available")
    check_size(body["size"], body["num_nodes"])
    if (vpc := body.get("private_network_uuid")) and store.get("vpc", vpc) is None:
        raise ApiError(422, "VPC not found")


def check_size(size: str, nodes: int) -> None:
    """Raises: ApiError: 422: there is no such size, or no layout with so many nodes."""
    if size not in database_catalogue.SIZES:
        raise ApiError(422, f"invalid size: {size}")
    if not 1 <= nodes <= database_catalogue.LARGEST_LAYOUT:
        raise ApiError(422, f"num_nodes must be between 1 and {database_catalogue.LARGEST_LAYOUT}")


def delete(account: Account, identity: str) -> None:
    """Raises: ApiError: 404."""
    with account.store.lock():
        held = get(account.store, identity)
        network = {"id": identity, "name": held["name"], "private_network_uuid": held["private_network_uuid"]}
        account.store.put(GONE, identity, network)
        account.store.remove(KIND, identity)
        account.store.remove("database_firewall", identity)
        for kind in (USER, DB, POOL):
            for part in parts(account.store, kind, identity):
                account.store.remove(kind, f"{identity}/{part['name']}")
        for sink in parts(account.store, LOGSINK, identity):
            account.store.remove(LOGSINK, f"{identity}/{sink['sink_id']}")
    account.jobs.request(GONE, identity)


def parts(store: Store, kind: str, identity: str) -> list[Document]:
    """The users, databases or pools of a cluster."""
    return [held["body"] for held in store.all(kind) if held["in"] == identity]


def set_rules(store: Store, identity: str, sent: list[Document]) -> None:
    """Replace the trusted sources.

    Raises:
        ApiError: 422: a source is none.
    """
    firewall_rules = []
    for rule in sent:
        rule_body = {key: value for key, value in rule.items() if value not in (None, "")}
        _check_rule(store, rule_body)
        firewall_rules.append({"uuid": new_id(), "cluster_uuid": identity, "created_at": now(), **rule_body})
    store.put("database_firewall", identity, {"rules": firewall_rules})


def connections(database: Document, password: str, host: str, private: str, port: int) -> Document:
    """Both ways to reach a database, as its administrator."""
    scheme = SCHEMES.get(database["engine"], database["engine"])
    user, name = ("default", "") if scheme == "rediss" else ("doadmin", "defaultdb")

    def connection(at: str) -> Document:
        path = "" if scheme == "rediss" else f"/{name}?sslmode=require"
        return {
            "protocol": scheme,
            "uri": f"{scheme}://{user}:{password}@{at}:{port}{path}",
            "database": name,
            "host": at,
            "port": port,
            "user": user,
            "password": password,
            "ssl": True,
        }

    return {"connection": connection(host), "private_connection": connection(private)}


def pool_connections(store: Store, database: Document, pool: Document) -> Document:
    """Where a pool answers: beside its server, as its own user, with its name in the place of a database's."""
    name = pool.get("user") or database["connection"]["user"]
    user = store.get(USER, f"{database['id']}/{name}")
    password = user["body"]["password"] if user else ""
    endpoint = store.get("database_endpoint", database["id"]) or {"pool_port": POOL_PORT}
    port = endpoint["pool_port"]
    found = {}
    for key in ("connection", "private_connection"):
        host = database[key]["host"]
        uri = f"postgresql://{name}:{password}@{host}:{port}/{pool['name']}?sslmode=require"
        own = {"uri": uri, "database": pool["name"], "port": port, "user": name, "password": password}
        found[key] = {**database[key], **own}
    return found


def _keep_first_parts(store: Store, database: Document, password: str) -> None:
    identity, user = database["id"], database["connection"]["user"]
    body: dict[str, Any] = {"name": user, "role": "primary", "password": password}
    store.put(USER, f"{identity}/{user}", {"in": identity, "body": body})
    if database["engine"] not in CACHES:
        store.put(DB, f"{identity}/defaultdb", {"in": identity, "body": {"name": "defaultdb"}})


def _check_rule(store: Store, rule: Document) -> None:
    kind, value = rule["type"], str(rule["value"])
    if kind == "ip_addr":
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise ApiError(422, f"invalid firewall rule: {value} is not an address or a range") from None
    if kind == "k8s" and store.get("kubernetes_cluster", value) is None:
        raise ApiError(422, f"invalid firewall rule: cluster {value} was not found")
    if kind == "droplet" and store.get(droplets.KIND, value) is None:
        raise ApiError(422, f"invalid firewall rule: droplet {value} was not found")
