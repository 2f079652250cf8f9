"""An alert of an uptime check."""

from __future__ import annotations

from localcloud.providers.checks import one_of
from localcloud.providers.digitalocean import receivers
from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Properties, Resource

PERIODS = ("2m", "3m", "5m", "10m", "15m", "30m", "1h")
UNSET = {"threshold": 0, "comparison": "", "period": ""}  # how the state has those that are left out


class UptimeAlert(DigitalOceanType):
    """`digitalocean.UptimeAlert`: everything changes in place; `import` takes `check,alert`."""

    token = "digitalocean:index/uptimeAlert:UptimeAlert"
    inputs = {
        "name": Input(required=True),
        "checkId": Input(required=True),
        "type": Input(required=True, problem=one_of("latency", "down", "down_global", "ssl_expiry")),
        "threshold": Input(),
        "comparison": Input(problem=one_of("greater_than", "less_than")),
        "period": Input(problem=one_of(*PERIODS)),
        "notifications": Input(required=True, properties=receivers.RECEIVERS),
    }
    delete_before_replace = True

    def create(self, inputs: Properties, timeout: float) -> Resource:
        check = inputs["checkId"]
        return _resource(check, self.client.call(self.client.pydo.uptime.create_alert, check, _body(inputs))["alert"])

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        check, alert = outputs.get("checkId"), identity
        if not check:
            check, comma, alert = identity.partition(",")
            if not comma:
                raise ProviderError(
                    f"{identity}: give the ids of the check and of the alert with a comma between them"
                )
        found = self.client.find(self.client.pydo.uptime.get_alert, check, alert)
        return _resource(check, found["alert"]) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        update, check = self.client.pydo.uptime.update_alert, inputs["checkId"]
        return _resource(check, self.client.call(update, check, resource.identity, _body(inputs))["alert"])

    def delete(self, resource: Resource, timeout: float) -> None:
        self.client.find(self.client.pydo.uptime.delete_alert, resource.outputs["checkId"], resource.identity)


def _body(inputs: Properties) -> Body:
    return {
        "name": inputs["name"],
        "type": inputs["type"],
        "notifications": receivers.to_body((inputs["notifications"] or [{}])[0]),
        **{name: inputs[name] for name in UNSET if inputs.get(name)},
    }


def _resource(check: str, alert: Body) -> Resource:
    inputs = {
        "name": alert["name"],
        "checkId": check,
        "type": alert["type"],
        **{name: alert.get(name) or unset for name, unset in UNSET.items()},
        "notifications": [receivers.to_inputs(alert.get("notifications"))],
    }
    return Resource(str(alert["id"]), inputs, dict(inputs))
