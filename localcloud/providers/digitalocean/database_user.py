"""A user of a database cluster."""

from __future__ import annotations

import threading

from localcloud.providers.checks import one_of
from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.database_parts import parts
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.resource_type import Input, Properties, Resource

CHANGING = threading.Lock()  # a cluster changes one user at a time; the official provider takes turns, too
OTHERWISE = "caching_sha2_password"  # what MySQL uses where nothing is said
ACL = {
    "topic": Input(required=True),
    "permission": Input(required=True, problem=one_of("admin", "consume", "produce", "produceconsume")),
    "id": Input(computed=True),
}
OPENSEARCH_ACL = {
    "index": Input(required=True),
    "permission": Input(required=True, problem=one_of("deny", "admin", "read", "write", "readwrite")),
}
SETTINGS = {"acls": Input(properties=ACL), "opensearchAcls": Input(properties=OPENSEARCH_ACL)}


class DatabaseUser(DigitalOceanType):
    """`digitalocean.DatabaseUser`: the way it logs in and its rights change in place."""

    token = "digitalocean:index/databaseUser:DatabaseUser"
    inputs = {
        "clusterId": Input(required=True, replaces=True),
        "name": Input(required=True, replaces=True),
        "mysqlAuthPlugin": Input(problem=one_of("mysql_native_password", OTHERWISE)),
        "settings": Input(properties=SETTINGS),
    }
    computed = frozenset({"role", "password", "accessCert", "accessKey"})
    secrets = frozenset({"password", "accessCert", "accessKey"})
    delete_before_replace = True

    def create(self, inputs: Properties, timeout: float) -> Resource:
        body: Body = {"name": inputs["name"]}
        if inputs.get("mysqlAuthPlugin"):
            body["mysql_settings"] = {"auth_plugin": inputs["mysqlAuthPlugin"]}
        if inputs.get("settings"):
            body["settings"] = _settings(inputs)
        with CHANGING:
            user = self.client.call(self.client.pydo.databases.add_user, inputs["clusterId"], body)["user"]
        return _resource(inputs["clusterId"], user, inputs)

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        cluster, name = parts(identity)
        found = self.client.find(self.client.pydo.databases.get_user, cluster, name)
        return _resource(cluster, found["user"], outputs) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        databases, changed = self.client.pydo.databases, self.changed(resource, inputs)
        cluster, name = parts(resource.identity)
        if "mysqlAuthPlugin" in changed:
            body = {"mysql_settings": {"auth_plugin": inputs.get("mysqlAuthPlugin") or OTHERWISE}}
            self.client.call(databases.reset_auth, cluster, name, body)
        if "settings" in changed:
            self.client.call(databases.update_user, cluster, name, {"settings": _settings(inputs)})
        user = self.client.call(databases.get_user, cluster, name)["user"]
        return _resource(cluster, user, {**resource.outputs, "settings": None, **inputs})

    def delete(self, resource: Resource, timeout: float) -> None:
        with CHANGING:
            self.client.find(self.client.pydo.databases.delete_user, *parts(resource.identity))


def _settings(inputs: Properties) -> Body:
    given = (inputs.get("settings") or [{}])[0]
    acls = [{key: acl[key] for key in ("topic", "permission")} for acl in given.get("acls") or []]
    return {"acl": acls, "opensearch_acl": given.get("opensearchAcls") or []}


def _resource(cluster: str, user: Body, given: Properties) -> Resource:
    """The user.

    Args:
        given: what the program or the state knows: the API does not tell the settings again, nor always the password.
    """
    inputs = {"clusterId": cluster, "name": user["name"]}
    plugin = (user.get("mysql_settings") or {}).get("auth_plugin")
    inputs |= {"mysqlAuthPlugin": plugin} if plugin and plugin != OTHERWISE else {}
    outputs = {
        **inputs,
        "role": user.get("role") or "normal",
        "password": user.get("password") or given.get("password") or "",
        "accessCert": user.get("access_cert") or given.get("accessCert") or "",
        "accessKey": user.get("access_key") or given.get("accessKey") or "",
    }
    if given.get("settings"):
        outputs["settings"] = given["settings"]
    if given.get("mysqlAuthPlugin") and plugin:
        outputs["mysqlAuthPlugin"] = inputs["mysqlAuthPlugin"] = plugin
    return Resource(f"{cluster}/user/{user['name']}", inputs, outputs)
