"""A pool of connections to one database of a PostgreSQL cluster."""

from __future__ import annotations

from localcloud.providers.checks import length, one_of
from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.database_parts import parts, uri
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.resource_type import Input, Properties, Resource


class DatabaseConnectionPool(DigitalOceanType):
    """`digitalocean.DatabaseConnectionPool`: every change makes a new one."""

    token = "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool"
    inputs = {
        "clusterId": Input(required=True, replaces=True),
        "name": Input(required=True, replaces=True, problem=length(3, 63)),
        "mode": Input(required=True, replaces=True, problem=one_of("session", "transaction", "statement")),
        "size": Input(required=True, replaces=True),
        "dbName": Input(required=True, replaces=True),
        "user": Input(replaces=True),
    }
    computed = frozenset({"host", "privateHost", "port", "uri", "privateUri", "password"})
    secrets = frozenset({"uri", "privateUri", "password"})
    delete_before_replace = True

    def create(self, inputs: Properties, timeout: float) -> Resource:
        body = {name: inputs[name] for name in ("name", "mode", "size")} | {"db": inputs["dbName"]}
        body |= {"user": inputs["user"]} if inputs.get("user") else {}
        made = self.client.call(self.client.pydo.databases.add_connection_pool, inputs["clusterId"], body)
        return _resource(inputs["clusterId"], made["pool"], {})

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        cluster, name = parts(identity)
        found = self.client.find(self.client.pydo.databases.get_connection_pool, cluster, name)
        return _resource(cluster, found["pool"], outputs) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        return self.read(resource.identity, resource.outputs) or resource  # nothing of it changes in place

    def delete(self, resource: Resource, timeout: float) -> None:
        self.client.find(self.client.pydo.databases.delete_connection_pool, *parts(resource.identity))


def _resource(cluster: str, pool: Body, outputs: Properties) -> Resource:
    """The pool.

    Args:
        outputs: what the state knows: the API may hide the password.
    """
    public, private = pool.get("connection") or {}, pool.get("private_connection") or {}
    password = public.get("password") or outputs.get("password") or ""
    inputs = {
        "clusterId": cluster,
        "name": pool["name"],
        "mode": pool["mode"],
        "size": pool["size"],
        "dbName": pool["db"],
        "user": pool.get("user") or "",
    }
    made = {
        **inputs,
        "host": public.get("host") or "",
        "port": public.get("port") or 0,
        "uri": uri(public, password) if public.get("uri") else "",
        "privateHost": private.get("host") or "",
        "privateUri": uri(private, password) if private.get("uri") else "",
        "password": password,
    }
    return Resource(f"{cluster}/{pool['name']}", inputs, made)
