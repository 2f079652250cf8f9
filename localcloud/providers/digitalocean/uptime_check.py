"""A check of an address from DigitalOcean's regions."""

from __future__ import annotations

from localcloud.providers.checks import one_of
from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.resource_type import Input, Properties, Resource


class UptimeCheck(DigitalOceanType):
    """`digitalocean.UptimeCheck`: everything changes in place."""

    token = "digitalocean:index/uptimeCheck:UptimeCheck"
    inputs = {
        "name": Input(required=True),
        "target": Input(required=True),
        "type": Input(default="https", problem=one_of("ping", "http", "https")),
        "regions": Input(unordered=True),
        "enabled": Input(default=True),
    }
    delete_before_replace = True

    def create(self, inputs: Properties, timeout: float) -> Resource:
        return _resource(self.client.call(self.client.pydo.uptime.create_check, _body(inputs))["check"])

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        found = self.client.find(self.client.pydo.uptime.get_check, identity)
        return _resource(found["check"]) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        update = self.client.pydo.uptime.update_check
        return _resource(self.client.call(update, resource.identity, _body(inputs))["check"])

    def delete(self, resource: Resource, timeout: float) -> None:
        self.client.find(self.client.pydo.uptime.delete_check, resource.identity)


def _body(inputs: Properties) -> Body:
    return {
        **{name: inputs[name] for name in ("name", "target", "type", "enabled")},
        "regions": inputs.get("regions") or [],
    }


def _resource(check: Body) -> Resource:
    inputs = {
        "name": check["name"],
        "target": check["target"],
        "type": check.get("type") or "https",
        "regions": check.get("regions") or [],
        "enabled": bool(check.get("enabled")),
    }
    return Resource(str(check["id"]), inputs, dict(inputs))
