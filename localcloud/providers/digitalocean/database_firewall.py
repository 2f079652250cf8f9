"""Who may connect to a database cluster."""

from __future__ import annotations

import uuid

from localcloud.providers.checks import one_of
from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Properties, Resource

RULE = {
    "type": Input(required=True, problem=one_of("ip_addr", "droplet", "k8s", "tag", "app")),
    "value": Input(required=True),
    "uuid": Input(computed=True),
    "createdAt": Input(computed=True),
}


class DatabaseFirewall(DigitalOceanType):
    """`digitalocean.DatabaseFirewall`: a cluster's rules, all of them; its id begins with the cluster's."""

    token = "digitalocean:index/databaseFirewall:DatabaseFirewall"
    inputs = {
        "clusterId": Input(required=True, replaces=True),
        "rules": Input(required=True, unordered=True, properties=RULE),
    }

    def create(self, inputs: Properties, timeout: float) -> Resource:
        cluster = str(inputs["clusterId"])
        return self._set_rules(cluster, f"{cluster}-{uuid.uuid4().hex}", inputs)

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        # An import gives the cluster's id alone.
        cluster = outputs.get("clusterId") or identity[:36]
        found = self.client.find(self.client.pydo.databases.list_firewall_rules, cluster)
        if found is None:
            return None
        own = identity if identity != cluster else f"{cluster}-{uuid.uuid4().hex}"
        return _resource(cluster, own, found.get("rules") or [])

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        return self._set_rules(str(inputs["clusterId"]), resource.identity, inputs)

    def delete(self, resource: Resource, timeout: float) -> None:
        databases = self.client.pydo.databases
        self.client.find(databases.update_firewall_rules, resource.inputs["clusterId"], {"rules": []})

    def _set_rules(self, cluster: str, identity: str, inputs: Properties) -> Resource:
        keys = ("uuid", "type", "value")
        body = {"rules": [{key: rule[key] for key in keys if rule.get(key)} for rule in inputs["rules"]]}
        databases = self.client.pydo.databases
        self.client.call(databases.update_firewall_rules, cluster, body)
        try:
            return _resource(cluster, identity, self.client.call(databases.list_firewall_rules, cluster)["rules"])
        except ProviderError as error:
            self.raise_unready(error, identity, dict(inputs))


def _resource(cluster: str, identity: str, rules: list[Body]) -> Resource:
    inputs = {
        "clusterId": cluster,
        "rules": [{"type": rule["type"], "value": rule["value"]} for rule in rules],
    }
    made = [
        {
            "type": rule["type"],
            "value": rule["value"],
            "uuid": rule.get("uuid") or "",
            "createdAt": rule.get("created_at") or "",
        }
        for rule in rules
    ]
    return Resource(identity, inputs, {**inputs, "rules": made})
