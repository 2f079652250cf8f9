"""A managed database cluster."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from localcloud.providers.checks import between, one_of
from localcloud.providers.digitalocean import tags
from localcloud.providers.digitalocean.client import ApiError, Body
from localcloud.providers.digitalocean.database_parts import uri
from localcloud.providers.digitalocean.resource import CREATE_SECONDS, DigitalOceanType
from localcloud.providers.digitalocean.spelling import camel, respell, snake
from localcloud.providers.digitalocean.waiting import wait_until
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Properties, Resource

DELETE_SECONDS = 15 * 60.0
CACHES = frozenset({"redis", "valkey"})
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _is_same_hour(old: Any, new: Any) -> bool:
    """The API answers `13:00:00` where `13:00` was said."""
    return str(old).split(":")[:2] == str(new).split(":")[:2]


def _is_same_engine(old: Any, new: Any) -> bool:
    """DigitalOcean makes Valkey of every Redis."""
    return bool(old == new) or {old, new} <= CACHES


WINDOW = {
    "day": Input(required=True, problem=lambda day: one_of(*DAYS)(str(day).lower())),
    "hour": Input(required=True, equal=_is_same_hour),
}
AUTOSCALE = {
    "enabled": Input(required=True),
    "thresholdPercent": Input(problem=between(15, 95)),
    "incrementGib": Input(problem=between(10, 10**6)),
}
BACKUP = {"databaseName": Input(required=True), "backupCreatedAt": Input()}


class DatabaseCluster(DigitalOceanType):
    """`digitalocean.DatabaseCluster`: name, engine, network and project make a new one, the rest changes in place."""

    token = "digitalocean:index/databaseCluster:DatabaseCluster"
    inputs = {
        "name": Input(required=True, replaces=True),
        "engine": Input(required=True, replaces=True, equal=_is_same_engine),
        "version": Input(required=True),
        "size": Input(required=True),
        "region": Input(required=True, equal=lambda old, new: str(old).lower() == str(new).lower()),
        "nodeCount": Input(required=True),
        "privateNetworkUuid": Input(replaces=True, computed=True),
        "projectId": Input(replaces=True, computed=True),
        "maintenanceWindows": Input(properties=WINDOW),
        "storageSizeMib": Input(computed=True, equal=lambda old, new: str(old) == str(new)),
        "storageAutoscale": Input(properties=AUTOSCALE),
        "evictionPolicy": Input(),
        "sqlMode": Input(),
        "tags": tags.TAGS,
        "backupRestore": Input(properties=BACKUP),
    }
    computed = frozenset(
        {
            "clusterUrn", "host", "privateHost", "port", "uri", "privateUri", "database", "user", "password",
            "uiHost", "uiPort", "uiUri", "uiDatabase", "uiUser", "uiPassword", "metricsEndpoints",
        }
    )  # fmt: skip
    secrets = frozenset({"password", "uri", "privateUri", "uiPassword", "uiUri"})
    delete_before_replace = True

    def check(self, inputs: Properties) -> Iterator[tuple[str, str]]:
        engine = inputs.get("engine")
        if isinstance(engine, str):
            if inputs.get("sqlMode") and engine != "mysql":
                yield "sqlMode", "only MySQL has it"
            if inputs.get("evictionPolicy") and engine not in CACHES:
                yield "evictionPolicy", "only Redis and Valkey have it"

    def create(self, inputs: Properties, timeout: float) -> Resource:
        body = {
            **{name: inputs[name] for name in ("name", "engine", "version", "size", "region")},
            "num_nodes": inputs["nodeCount"],
            "tags": inputs.get("tags") or [],
        }
        for name in ("privateNetworkUuid", "projectId"):
            body |= {snake(name): inputs[name]} if inputs.get(name) else {}
        for name in ("storageAutoscale", "backupRestore"):
            body |= {snake(name): respell(inputs[name], snake)} if inputs.get(name) else {}
        if inputs.get("storageSizeMib"):
            body["storage_size_mib"] = int(inputs["storageSizeMib"])
        made = self.client.call(self.client.pydo.databases.create_cluster, body)["database"]
        identity = str(made["id"])
        known = _outputs(made, {})
        try:
            self._wait(identity, timeout or CREATE_SECONDS)
            self._set(identity, {"maintenanceWindows", "evictionPolicy", "sqlMode"} & inputs.keys(), inputs)
            return self._read(identity, {**inputs, "password": known["password"]})
        except ProviderError as error:
            self.raise_unready(error, identity, known)

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        found = self.client.find(self.client.pydo.databases.get_cluster, identity)
        return self._resource(found["database"], outputs) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        identity, seconds = resource.identity, timeout or CREATE_SECONDS
        databases, changed = self.client.pydo.databases, self.changed(resource, inputs)
        try:
            self._wait(identity, seconds)  # one that failed half-way may still be in the making
            if changed & {"size", "nodeCount", "storageSizeMib"}:
                body = {"size": inputs["size"], "num_nodes": inputs["nodeCount"]}
                # Only where it changed: a bigger size has a storage of its own.
                if "storageSizeMib" in changed:
                    body["storage_size_mib"] = int(inputs["storageSizeMib"])
                self.client.call(databases.update_cluster_size, identity, body)
                self._wait(identity, seconds)
            if "region" in changed:
                self.client.call(databases.update_region, identity, {"region": inputs["region"]})
                self._wait(identity, seconds)
            self._set(identity, changed, inputs)
            if "version" in changed:
                self.client.call(databases.update_major_version, identity, {"version": inputs["version"]})
            if "tags" in changed:
                self._tag(identity, resource.outputs.get("tags") or [], inputs.get("tags") or [])
            return self._read(identity, {**resource.outputs, **inputs})
        except ProviderError as error:
            now = self.read(identity, resource.outputs)
            if now is None:
                raise
            self.raise_unready(error, identity, now.outputs)

    def delete(self, resource: Resource, timeout: float) -> None:
        databases, identity = self.client.pydo.databases, resource.identity
        try:
            self.client.call(databases.destroy_cluster, identity)
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
        wait_until(
            lambda: self.client.find(databases.get_cluster, identity) is None,
            timeout or DELETE_SECONDS,
            f"database cluster {identity} was not gone",
        )

    def _wait(self, identity: str, timeout: float) -> None:
        """Wait until it is online; at first the API may not know it yet."""

        def online() -> bool:
            found = self.client.find(self.client.pydo.databases.get_cluster, identity)
            return found is not None and found["database"]["status"] == "online"

        wait_until(online, timeout, f"database cluster {identity} was not online")

    def _set(self, identity: str, names: set[str], inputs: Properties) -> None:
        """Settings that each have a call of their own."""
        databases = self.client.pydo.databases
        if "maintenanceWindows" in names and inputs.get("maintenanceWindows"):
            self.client.call(databases.update_maintenance_window, identity, inputs["maintenanceWindows"][0])
        if "evictionPolicy" in names:
            policy = inputs.get("evictionPolicy") or "noeviction"
            self.client.call(databases.update_eviction_policy, identity, {"eviction_policy": policy})
        if "sqlMode" in names:
            self.client.call(databases.update_sql_mode, identity, {"sql_mode": inputs.get("sqlMode") or ""})
        if "storageAutoscale" in names and inputs.get("storageAutoscale"):
            body = {"storage": respell(inputs["storageAutoscale"], snake)}
            self.client.call(databases.update_autoscale, identity, body)

    def _tag(self, identity: str, old: list[str], new: list[str]) -> None:
        body = {"resources": [{"resource_id": identity, "resource_type": "database"}]}
        labels = self.client.pydo.tags
        for tag in sorted(set(old) - set(new)):
            self.client.call(labels.unassign_resources, tag, body)
        for tag in sorted(set(new) - set(old)):
            self.client.call(labels.create, {"name": tag})
            self.client.call(labels.assign_resources, tag, body)

    def _read(self, identity: str, given: Properties) -> Resource:
        return self._resource(self.client.call(self.client.pydo.databases.get_cluster, identity)["database"], given)

    def _resource(self, database: Body, given: Properties) -> Resource:
        """The cluster, with the settings that are read only where the program gives them, as each takes a request."""
        inputs, databases, identity = _inputs(database), self.client.pydo.databases, str(database["id"])
        if given.get("evictionPolicy"):
            inputs["evictionPolicy"] = self.client.call(databases.get_eviction_policy, identity)["eviction_policy"]
        if given.get("sqlMode"):
            inputs["sqlMode"] = self.client.call(databases.get_sql_mode, identity)["sql_mode"]
        if given.get("maintenanceWindows") and database.get("maintenance_window"):
            window = database["maintenance_window"]
            inputs["maintenanceWindows"] = [{key: window[key] for key in WINDOW}]
        if given.get("storageAutoscale"):
            autoscale = database.get("storage_autoscale") or (
                self.client.call(databases.get_autoscale, identity).get("autoscale") or {}
            ).get("storage")
            inputs |= {"storageAutoscale": respell(autoscale, camel)} if autoscale else {}
        unread = {"backupRestore": given["backupRestore"]} if given.get("backupRestore") else {}
        return Resource(identity, inputs, {**_outputs(database, given), **inputs, **unread})


def _inputs(database: Body) -> Properties:
    return {
        "name": database["name"],
        "engine": database["engine"],
        "version": str(database["version"]),
        "size": database["size"],
        "region": database["region"],
        "nodeCount": database["num_nodes"],
        "privateNetworkUuid": database.get("private_network_uuid") or "",
        "projectId": database.get("project_id") or "",
        "storageSizeMib": str(database.get("storage_size_mib") or ""),
        "tags": database.get("tags") or [],
    }


def _outputs(database: Body, given: Properties) -> Properties:
    """Its outputs.

    Args:
        given: what the state knows: the API may hide the password from then on.
    """
    public, private = database.get("connection") or {}, database.get("private_connection") or {}
    ui = database.get("ui_connection") or {}
    password = public.get("password") or given.get("password") or ""
    return {
        **_inputs(database),
        "clusterUrn": f"do:dbaas:{database['id']}",
        "host": public.get("host") or "",
        "port": public.get("port") or 0,
        "uri": uri(public, password) if public.get("uri") else "",
        "database": public.get("database") or "",
        "user": public.get("user") or "",
        "password": password,
        "privateHost": private.get("host") or "",
        "privateUri": uri(private, password) if private.get("uri") else "",
        **{
            camel(f"ui_{key}"): ui.get(key) or (0 if key == "port" else "")
            for key in ("host", "port", "uri", "database", "user", "password")
        },
        "metricsEndpoints": [
            f"https://{one['host']}:{one['port']}/metrics" for one in database.get("metrics_endpoints") or []
        ],
    }
