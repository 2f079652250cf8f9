"""One database in a database cluster."""

from __future__ import annotations

from localcloud.providers.digitalocean.database_parts import parts
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.resource_type import Input, Properties, Resource


class DatabaseDb(DigitalOceanType):
    """`digitalocean.DatabaseDb`: every change makes a new one."""

    token = "digitalocean:index/databaseDb:DatabaseDb"
    inputs = {"clusterId": Input(required=True, replaces=True), "name": Input(required=True, replaces=True)}
    delete_before_replace = True

    def create(self, inputs: Properties, timeout: float) -> Resource:
        self.client.call(self.client.pydo.databases.add, inputs["clusterId"], {"name": inputs["name"]})
        return _resource(inputs["clusterId"], inputs["name"])

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        cluster, name = parts(identity)
        found = self.client.find(self.client.pydo.databases.get, cluster, name)
        return _resource(cluster, name) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        return _resource(*parts(resource.identity))  # nothing of it changes in place

    def delete(self, resource: Resource, timeout: float) -> None:
        self.client.find(self.client.pydo.databases.delete, *parts(resource.identity))


def _resource(cluster: str, name: str) -> Resource:
    inputs = {"clusterId": cluster, "name": name}
    return Resource(f"{cluster}/database/{name}", inputs, dict(inputs))
