"""A domain, whose names DigitalOcean's name servers answer for."""

from __future__ import annotations

from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.resource_type import Input, Properties, Resource


class Domain(DigitalOceanType):
    """`digitalocean.Domain`: every change makes a new one; its id is its name."""

    token = "digitalocean:index/domain:Domain"
    inputs = {"name": Input(required=True, replaces=True), "ipAddress": Input(replaces=True)}
    computed = frozenset({"domainUrn", "ttl"})

    def create(self, inputs: Properties, timeout: float) -> Resource:
        body = {"name": inputs["name"]}
        body |= {"ip_address": inputs["ipAddress"]} if inputs.get("ipAddress") else {}
        return _resource(self.client.call(self.client.pydo.domains.create, body)["domain"], inputs)

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        found = self.client.find(self.client.pydo.domains.get, identity)
        return _resource(found["domain"], outputs) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        return self.read(resource.identity, resource.outputs) or resource  # nothing of it changes in place

    def delete(self, resource: Resource, timeout: float) -> None:
        self.client.find(self.client.pydo.domains.delete, resource.identity)


def _resource(domain: Body, given: Properties) -> Resource:
    """The domain.

    Args:
        given: what the program or the state knows: the API does not tell the address again.
    """
    address = {"ipAddress": given["ipAddress"]} if given.get("ipAddress") else {}
    name = str(domain["name"])
    outputs = {"name": name, **address, "domainUrn": f"do:domain:{name}", "ttl": domain.get("ttl") or 0}
    return Resource(name, {"name": name}, outputs)
