"""A load balancer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from localcloud.providers.checks import between, length, one_of
from localcloud.providers.digitalocean import forwarding
from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.digitalocean.spelling import camel, respell, snake
from localcloud.providers.digitalocean.waiting import wait_until
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Properties, Resource

CREATE_SECONDS = 10 * 60.0  # the official provider's
PORT = between(1, 65535)
HEALTHCHECK = {
    "protocol": Input(required=True, problem=one_of("http", "https", "tcp")),
    "port": Input(required=True, problem=PORT),
    "path": Input(),
    "checkIntervalSeconds": Input(default=10, problem=between(3, 300)),
    "responseTimeoutSeconds": Input(default=5, problem=between(3, 300)),
    "unhealthyThreshold": Input(default=3, problem=between(2, 10)),
    "healthyThreshold": Input(default=5, problem=between(2, 10)),
}
STICKY = {
    "type": Input(default="none", problem=one_of("cookies", "none")),
    "cookieName": Input(problem=length(2, 40)),
    "cookieTtlSeconds": Input(),
}
FIREWALL = {"allows": Input(), "denies": Input()}
GLOBAL = {
    "targetProtocol": Input(required=True, problem=one_of("http", "https")),
    "targetPort": Input(required=True),
    "regionPriorities": Input(),
    "failoverThreshold": Input(problem=between(1, 99)),
    "cdn": Input(properties={"isEnabled": Input(default=False)}),
}
SIZES = {"lb-small": 1, "lb-medium": 3, "lb-large": 6}  # size slug: size units
SWITCHES = ("redirectHttpToHttps", "enableProxyProtocol", "enableBackendKeepalive", "disableLetsEncryptDnsRecords")
# Sent back as they are where the program does not give them: a PUT replaces the whole load balancer.
SENT_BACK = (
    "httpIdleTimeoutSeconds", "projectId", "vpcUuid", "subnetUuid", "type", "healthcheck", "stickySessions",
    "firewall", "domains", "glbSettings", "targetLoadBalancerIds",
)  # fmt: skip
KEYS = {"healthcheck": "health_check", "dropletTag": "tag"}  # others are spelled with underscores
UNREAD = ("size", "network", "networkStack", "tlsCipherPolicy")  # the official provider does not read these


def _any_case(*choices: str) -> Any:
    return lambda value: one_of(*choices)(str(value).upper())


class LoadBalancer(DigitalOceanType):
    """`digitalocean.LoadBalancer`: region, type, networks and address make a new one, the rest changes in place.

    What a cluster's Service changes on one that it was given (droplets, rules) is the program's to ignore
    (`ignore_changes`), but for the droplets, which the cloud chooses where the program names none.
    """

    token = "digitalocean:index/loadBalancer:LoadBalancer"
    inputs = {
        "name": Input(required=True),
        "region": Input(replaces=True, equal=lambda old, new: str(old).lower() == str(new).lower()),
        "type": Input(replaces=True, computed=True, problem=_any_case("REGIONAL", "GLOBAL", "REGIONAL_NETWORK")),
        "size": Input(problem=one_of(*SIZES)),
        "sizeUnit": Input(computed=True, problem=between(1, 200)),
        "algorithm": Input(default="round_robin", problem=one_of("round_robin", "least_connections")),
        "forwardingRules": Input(unordered=True, properties=forwarding.RULE),
        "healthcheck": Input(computed=True, properties=HEALTHCHECK),
        "stickySessions": Input(computed=True, properties=STICKY),
        "dropletIds": Input(computed=True, unordered=True),
        "dropletTag": Input(equal=lambda old, new: str(old).lower() == str(new).lower()),
        **dict.fromkeys(SWITCHES, Input(default=False)),
        "vpcUuid": Input(replaces=True, computed=True),
        "subnetUuid": Input(replaces=True, computed=True),
        "ip": Input(replaces=True, computed=True),
        "httpIdleTimeoutSeconds": Input(computed=True),
        "projectId": Input(computed=True),
        "firewall": Input(computed=True, properties=FIREWALL),
        "domains": Input(computed=True, unordered=True, properties=forwarding.DOMAIN),
        "glbSettings": Input(computed=True, properties=GLOBAL),
        "targetLoadBalancerIds": Input(computed=True, unordered=True),
        "network": Input(replaces=True, problem=_any_case("EXTERNAL", "INTERNAL")),
        "networkStack": Input(replaces=True, problem=_any_case("IPV4", "DUALSTACK")),
        "tlsCipherPolicy": Input(problem=_any_case("DEFAULT", "STRONG")),
    }
    computed = frozenset({"ipv6", "status", "loadBalancerUrn"})
    delete_before_replace = True

    def check(self, inputs: Properties) -> Iterator[tuple[str, str]]:
        kind = inputs.get("type")
        is_global = isinstance(kind, str) and kind.upper() == "GLOBAL"
        if is_global and inputs.get("region"):
            yield "region", "a load balancer of type GLOBAL has none"
        if not is_global and not inputs.get("region") and not (kind is not None and not isinstance(kind, str)):
            yield "region", "it is required unless type is GLOBAL"
        for one, other in (("dropletIds", "dropletTag"), ("forwardingRules", "glbSettings")):
            if inputs.get(one) and inputs.get(other):
                yield one, f"{one} and {other} exclude each other"
        if inputs.get("subnetUuid") and not inputs.get("vpcUuid"):
            yield "vpcUuid", "subnetUuid needs it"
        yield from _check_parts(inputs)

    def create(self, inputs: Properties, timeout: float) -> Resource:
        body = self._body(inputs, {}) | ({"ip": inputs["ip"]} if inputs.get("ip") else {})
        made = self.client.call(self.client.pydo.load_balancers.create, body)["load_balancer"]
        identity = str(made["id"])
        try:
            return self._resource(self._wait(identity, timeout or CREATE_SECONDS), inputs)
        except ProviderError as error:
            self.raise_unready(error, identity, {**inputs, **_outputs(made)})

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        found = self.client.find(self.client.pydo.load_balancers.get, identity)
        return self._resource(found["load_balancer"], outputs) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        identity, balancers = resource.identity, self.client.pydo.load_balancers
        body = self._body(inputs, resource.outputs)
        self.client.call(balancers.update, identity, body)
        if resource.outputs.get("status") == "active":  # the official provider does not wait for a change
            return self._resource(self.client.call(balancers.get, identity)["load_balancer"], inputs)
        try:
            return self._resource(self._wait(identity, timeout or CREATE_SECONDS), inputs)
        except ProviderError as error:
            self.raise_unready(error, identity, {**resource.outputs, **inputs})

    def delete(self, resource: Resource, timeout: float) -> None:
        self.client.find(self.client.pydo.load_balancers.delete, resource.identity)

    def _wait(self, identity: str, timeout: float) -> Body:
        """Wait until it is active.

        Raises:
            ProviderError: it was not within the timeout, or never will be.
        """
        found: Body = {}

        def active() -> bool:
            found.update(self.client.call(self.client.pydo.load_balancers.get, identity)["load_balancer"])
            if found["status"] not in {"new", "active"}:
                raise ProviderError(f"load balancer {found['name']} ({identity}) is in state {found['status']}")
            return bool(found["status"] == "active")

        wait_until(active, timeout, f"load balancer {identity} was not active")
        return found

    def _body(self, inputs: Properties, was: Properties) -> Body:
        """The body of a POST or a PUT.

        Args:
            was: the outputs of the one that is changed.
        """
        given = {**{name: was[name] for name in SENT_BACK if was.get(name)}, **inputs}
        body: Body = {name: inputs[name] for name in ("name", "algorithm")}
        body |= {snake(name): bool(inputs[name]) for name in SWITCHES}
        names = ("region", *SENT_BACK, "network", "networkStack", "tlsCipherPolicy", "dropletTag")
        body |= {KEYS.get(name, snake(name)): respell(given[name], snake) for name in names if given.get(name)}
        droplets = inputs.get("dropletIds") or was.get("dropletIds")
        if droplets and not inputs.get("dropletTag"):
            body["droplet_ids"] = droplets
        if given.get("firewall"):
            allows, denies = (given["firewall"].get(name) or [] for name in ("allows", "denies"))
            body["firewall"] = {"allow": allows, "deny": denies}
        if given.get("domains"):
            body["domains"] = forwarding.domains_to_body(self.client, given["domains"])
        body["forwarding_rules"] = forwarding.to_body(self.client, inputs.get("forwardingRules") or [])
        return body | _size(inputs, was)

    def _resource(self, balancer: Body, given: Properties) -> Resource:
        """The load balancer.

        Args:
            given: what the program or the state knows, for what is never read.
        """
        outputs = _outputs(balancer)
        outputs["forwardingRules"] = forwarding.to_inputs(self.client, balancer.get("forwarding_rules") or [])
        outputs["domains"] = forwarding.domains_to_inputs(self.client, balancer.get("domains") or [])
        inputs = {name: value for name, value in outputs.items() if name in self.inputs}
        unread = {name: given[name] for name in UNREAD if given.get(name)}
        return Resource(str(balancer["id"]), inputs, {**outputs, **unread})


def _check_parts(inputs: Properties) -> Iterator[tuple[str, str]]:
    health, sticky = inputs.get("healthcheck"), inputs.get("stickySessions")
    if isinstance(health, dict) and isinstance(protocol := health.get("protocol"), str):
        if protocol == "tcp" and health.get("path"):
            yield "healthcheck.path", "a check of protocol tcp has none"
        if protocol in {"http", "https"} and not health.get("path"):
            yield "healthcheck.path", f"a check of protocol {protocol} needs it"
    if isinstance(sticky, dict):
        for name in ("cookieName", "cookieTtlSeconds"):
            if sticky.get("type") == "cookies" and not sticky.get(name):
                yield f"stickySessions.{name}", "sessions of type cookies need it"
            if sticky.get("type") == "none" and sticky.get(name):
                yield f"stickySessions.{name}", "sessions of type none have none"


def _size(inputs: Properties, was: Properties) -> Body:
    """Either of the two, never both."""
    if inputs.get("sizeUnit"):
        return {"size_unit": inputs["sizeUnit"]}
    if inputs.get("size"):
        return {"size": inputs["size"]}
    return {"size_unit": was["sizeUnit"]} if was.get("sizeUnit") else {}


def _outputs(balancer: Body) -> Properties:
    """Its outputs, without what names certificates."""
    firewall = balancer.get("firewall")
    return {
        "name": balancer["name"],
        "region": _region(balancer.get("region")),
        "type": balancer.get("type") or "",
        **({"sizeUnit": balancer["size_unit"]} if balancer.get("size_unit") else {}),
        "algorithm": balancer.get("algorithm") or "round_robin",
        "healthcheck": _part(balancer.get("health_check"), HEALTHCHECK),
        "stickySessions": _part(balancer.get("sticky_sessions"), STICKY),
        "dropletIds": balancer.get("droplet_ids") or [],
        "dropletTag": balancer.get("tag") or "",
        **{name: bool(balancer.get(snake(name))) for name in SWITCHES},
        "vpcUuid": balancer.get("vpc_uuid") or "",
        "subnetUuid": balancer.get("subnet_uuid") or "",
        "ip": balancer.get("ip") or "",
        "ipv6": balancer.get("ipv6") or "",
        "httpIdleTimeoutSeconds": balancer.get("http_idle_timeout_seconds") or 0,
        "projectId": balancer.get("project_id") or "",
        "firewall": {"allows": firewall.get("allow") or [], "denies": firewall.get("deny") or []}
        if firewall
        else None,
        "glbSettings": _part(balancer.get("glb_settings"), GLOBAL),
        "targetLoadBalancerIds": balancer.get("target_load_balancer_ids") or [],
        "status": balancer["status"],
        "loadBalancerUrn": f"do:loadbalancer:{balancer['id']}",
    }


def _region(region: Any) -> str:
    """The slug: the API answers with the whole region."""
    return str(region.get("slug") or "") if isinstance(region, dict) else str(region or "")


def _part(part: Body | None, known: dict[str, Input]) -> Properties | None:
    spelled = respell(part, camel) if part else {}
    return {name: value for name, value in spelled.items() if name in known and value is not None} or None
