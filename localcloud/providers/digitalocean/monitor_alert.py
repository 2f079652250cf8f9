"""An alert of a metric: of Droplets and nodes, of load balancers, of databases."""

from __future__ import annotations

from localcloud.providers.checks import one_of
from localcloud.providers.digitalocean import receivers, tags
from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.resource_type import Input, Properties, Resource

# As godo names them.
DROPLET = (
    "cpu", "memory_utilization_percent", "disk_utilization_percent", "public_outbound_bandwidth",
    "public_inbound_bandwidth", "private_outbound_bandwidth", "private_inbound_bandwidth", "disk_read", "disk_write",
    "load_1", "load_5", "load_15",
)  # fmt: skip
LOAD_BALANCER = (
    "avg_cpu_utilization_percent", "connection_utilization_percent", "droplet_health",
    "tls_connections_per_second_utilization_percent", "increase_in_http_error_rate_percentage_4xx",
    "increase_in_http_error_rate_percentage_5xx", "increase_in_http_error_rate_count_4xx",
    "increase_in_http_error_rate_count_5xx", "high_http_request_response_time",
    "high_http_request_response_time_50p", "high_http_request_response_time_95p",
    "high_http_request_response_time_99p",
)  # fmt: skip
DATABASE = ("load_15_alerts", "memory_utilization_alerts", "disk_utilization_alerts", "cpu_alerts")
TYPES = (
    *(f"v1/insights/droplet/{name}" for name in DROPLET),
    *(f"v1/insights/lbaas/{name}" for name in LOAD_BALANCER),
    *(f"v1/dbaas/alerts/{name}" for name in DATABASE),
)


class MonitorAlert(DigitalOceanType):
    """`digitalocean.MonitorAlert`: everything changes in place; its id is its `uuid`."""

    token = "digitalocean:index/monitorAlert:MonitorAlert"
    inputs = {
        "type": Input(required=True, problem=one_of(*TYPES)),
        "compare": Input(required=True, problem=one_of("GreaterThan", "LessThan")),
        "description": Input(required=True),
        "value": Input(required=True, problem=lambda value: None if value >= 0 else f"it is less than 0: {value}"),
        "window": Input(required=True, problem=one_of("5m", "10m", "30m", "1h")),
        "enabled": Input(default=True),
        "entities": Input(unordered=True),
        "tags": tags.TAGS,
        "alerts": Input(required=True, properties=receivers.RECEIVERS),
    }
    computed = frozenset({"uuid"})

    def create(self, inputs: Properties, timeout: float) -> Resource:
        return _resource(self.client.call(self.client.pydo.monitoring.create_alert_policy, _body(inputs))["policy"])

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        found = self.client.find(self.client.pydo.monitoring.get_alert_policy, identity)
        return _resource(found["policy"]) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        update = self.client.pydo.monitoring.update_alert_policy
        return _resource(self.client.call(update, resource.identity, _body(inputs))["policy"])

    def delete(self, resource: Resource, timeout: float) -> None:
        self.client.find(self.client.pydo.monitoring.delete_alert_policy, resource.identity)


def _body(inputs: Properties) -> Body:
    return {
        **{name: inputs[name] for name in ("type", "compare", "description", "value", "window", "enabled")},
        **{name: inputs.get(name) or [] for name in ("entities", "tags")},
        "alerts": receivers.to_body(inputs["alerts"]),
    }


def _resource(policy: Body) -> Resource:
    inputs = {
        **{name: policy[name] for name in ("type", "compare", "description", "value", "window")},
        "enabled": bool(policy.get("enabled")),
        **{name: policy.get(name) or [] for name in ("entities", "tags")},
        "alerts": receivers.to_inputs(policy.get("alerts")),
    }
    return Resource(str(policy["uuid"]), inputs, {**inputs, "uuid": policy["uuid"]})
