"""A private network (VPC)."""

from __future__ import annotations

import threading
from http import HTTPStatus

from localcloud.providers.checks import cidr, length
from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.digitalocean.waiting import delete_when_unused
from localcloud.providers.resource_type import Input, Properties, Resource

DELETE_SECONDS = 120.0  # the official provider's default
CREATING = threading.Lock()  # two at once may be given the same range; the official provider takes turns, too
IN_USE = (HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)  # it still has members


class Vpc(DigitalOceanType):
    """`digitalocean.Vpc`: name and description change in place, region and range make a new one."""

    token = "digitalocean:index/vpc:Vpc"
    inputs = {
        "name": Input(required=True),
        "region": Input(required=True, replaces=True),
        "description": Input(problem=length(0, 255)),
        "ipRange": Input(replaces=True, computed=True, problem=cidr),
    }
    computed = frozenset({"vpcUrn", "default", "createdAt"})
    delete_before_replace = True

    def create(self, inputs: Properties, timeout: float) -> Resource:
        body = {"name": inputs["name"], "region": inputs["region"]}
        body |= {"description": inputs["description"]} if inputs.get("description") else {}
        body |= {"ip_range": inputs["ipRange"]} if inputs.get("ipRange") else {}
        with CREATING:
            return _resource(self.client.call(self.client.pydo.vpcs.create, body)["vpc"])

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        found = self.client.find(self.client.pydo.vpcs.get, identity)
        return _resource(found["vpc"]) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        body = {
            "name": inputs["name"],
            "description": inputs.get("description") or "",
            "default": bool(resource.outputs.get("default")),
        }
        return _resource(self.client.call(self.client.pydo.vpcs.update, resource.identity, body)["vpc"])

    def delete(self, resource: Resource, timeout: float) -> None:
        vpcs = self.client.pydo.vpcs
        delete_when_unused(
            lambda: self.client.call(vpcs.delete, resource.identity), timeout or DELETE_SECONDS, IN_USE
        )


def _resource(vpc: Body) -> Resource:
    inputs = {
        "name": vpc["name"],
        "region": vpc["region"],
        "description": vpc.get("description") or "",
        "ipRange": vpc["ip_range"],
    }
    outputs = {
        **inputs,
        "vpcUrn": vpc["urn"],
        "default": bool(vpc.get("default")),
        "createdAt": vpc["created_at"],
    }
    return Resource(str(vpc["id"]), inputs, outputs)
