"""The body that a Service of type LoadBalancer becomes, as DigitalOcean's cloud controller manager builds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from localcloud.cloud_controller.annotations import PREFIX, PROTOCOLS, AnnotationError, Annotations
from localcloud.cloud_controller.digitalocean import Body
from localcloud.cloud_controller.kubernetes import Object

KUBE_PROXY_HEALTH_PORT = 10256
HTTPS_PORT = 443
TLS = ("https", "http2")
NAME_LENGTH = 32  # of a name that Kubernetes makes of a Service's UID


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Which of a Service's ports speak what."""

    http: list[int]
    https: list[int]
    http2: list[int]


def names(service: Object) -> list[str]:
    """The name of its load balancer, and the one it has without an annotation."""
    legacy = f"a{service['metadata']['uid']}".replace("-", "")[:NAME_LENGTH]
    asked = Annotations(service["metadata"].get("annotations") or {}).text("name")
    return [asked, legacy] if asked and asked != legacy else [legacy]


def build(
    service: Object, droplets: Sequence[int], region: str, vpc: str, certificate_id: Callable[[str], str]
) -> Body:
    """The body of POST and PUT.

    Without `tags` and `health_check.proxy_protocol`, which the real one sends: the API's published description has
    neither.

    Args:
        service: of type LoadBalancer.
        droplets: ids of the nodes that get its traffic.
        region: a slug.
        vpc: an id; empty: the region's default.
        certificate_id: finds a certificate by its name.

    Raises:
        AnnotationError: an annotation cannot be used.
        ApiError: no certificate has the name that an annotation has.
    """
    asked = Annotations(service["metadata"].get("annotations") or {})
    kind = asked.choice("type", ("REGIONAL", "REGIONAL_NETWORK"), "REGIONAL_NETWORK")
    body: Body = {
        "name": names(service)[0],
        "region": region,
        "type": kind,
        "network": asked.choice("network", ("EXTERNAL", "INTERNAL"), "EXTERNAL"),
        "droplet_ids": list(droplets),
        "forwarding_rules": _network_rules(service) if kind != "REGIONAL" else _rules(service, asked, certificate_id),
        "health_check": _health_check(service, asked),
        "sticky_sessions": _sticky_sessions(asked),
        "redirect_http_to_https": asked.boolean("redirect-http-to-https"),
        "enable_proxy_protocol": asked.boolean("enable-proxy-protocol"),
        "enable_backend_keepalive": asked.boolean("enable-backend-keepalive"),
        "disable_lets_encrypt_dns_records": asked.boolean("disable-lets-encrypt-dns-records"),
        "firewall": _firewall(service, asked),
    }
    if asked.has("size-unit"):
        body["size_unit"] = asked.number("size-unit", 1)
    if asked.has("http-idle-timeout-seconds"):
        body["http_idle_timeout_seconds"] = asked.number("http-idle-timeout-seconds", 60)
    if vpc:
        body["vpc_uuid"] = vpc
    return body


def _rules(service: Object, asked: Annotations, certificate_id: Callable[[str], str]) -> list[Body]:
    default = asked.choice("protocol", PROTOCOLS, "tcp")
    ports = _ports(asked)
    passthrough, certificate = asked.boolean("tls-passthrough"), asked.text("certificate-id")
    if not certificate and asked.text("certificate-name"):
        certificate = certificate_id(asked.text("certificate-name"))
    https = ports.https
    if (certificate or passthrough) and not https and HTTPS_PORT not in ports.http2:
        https = [HTTPS_PORT]
    rules: list[Body] = []
    for port in _service_ports(service):
        protocol = default
        for name, chosen in (("http", ports.http), ("https", https), ("http2", ports.http2)):
            protocol = name if port["port"] in chosen else protocol
        rules.append(_rule(port, protocol, certificate, passthrough=passthrough))
    return rules


def _ports(asked: Annotations) -> Ports:
    ports = Ports(http=asked.ports("http-ports"), https=asked.ports("tls-ports"), http2=asked.ports("http2-ports"))
    every = [*ports.http, *ports.https, *ports.http2]
    shared = sorted({port for port in every if every.count(port) > 1})
    if shared:
        raise AnnotationError(f"ports {shared} are in more than one annotation {PREFIX}*-ports: write each in one")
    return ports


def _rule(port: Object, protocol: str, certificate: str, *, passthrough: bool) -> Body:
    rule: Body = {
        "entry_protocol": protocol,
        "entry_port": port["port"],
        "target_protocol": protocol,
        "target_port": port.get("nodePort", 0),
    }
    if protocol not in TLS:
        return rule
    if bool(certificate) is passthrough:
        raise AnnotationError(
            f"port {port['port']} speaks {protocol}: write exactly one of {PREFIX}certificate-name and "
            f'{PREFIX}tls-passthrough: "true"'
        )
    if passthrough:
        return {**rule, "tls_passthrough": True}
    return {**rule, "certificate_id": certificate, "target_protocol": "http"}


def _network_rules(service: Object) -> list[Body]:
    """Of a network load balancer, which passes packets on to the Service's own port."""
    return [
        {
            "entry_protocol": port.get("protocol", "TCP").lower(),
            "entry_port": port["port"],
            "target_protocol": port.get("protocol", "TCP").lower(),
            "target_port": port["port"],
        }
        for port in _service_ports(service)
    ]


def _health_check(service: Object, asked: Annotations) -> Body:
    """Of kube-proxy on each node, or with `externalTrafficPolicy: Local` of what knows whether it has an endpoint."""
    spec = service["spec"]
    port = spec.get("healthCheckNodePort") if spec.get("externalTrafficPolicy") == "Local" else None
    check: Body = {"protocol": "http", "port": port or KUBE_PROXY_HEALTH_PORT, "path": "/healthz"}
    if asked.has("override-health-check"):
        path = asked.text("healthcheck-path")
        check = {
            "protocol": asked.choice("healthcheck-protocol", ("tcp", "http", "https"), "http" if path else "tcp"),
            "port": _checked_port(service, asked),
            "path": path or "/",
        }
    return {
        **check,
        "check_interval_seconds": asked.number("healthcheck-check-interval-seconds", 3),
        "response_timeout_seconds": asked.number("healthcheck-response-timeout-seconds", 5),
        "unhealthy_threshold": asked.number("healthcheck-unhealthy-threshold", 3),
        "healthy_threshold": asked.number("healthcheck-healthy-threshold", 5),
    }


def _checked_port(service: Object, asked: Annotations) -> int:
    wanted = asked.ports("healthcheck-port")
    for port in _service_ports(service):
        if port.get("protocol", "TCP") == "TCP" and (not wanted or port["port"] in wanted):
            return int(port.get("nodePort", 0))
    raise AnnotationError(f"annotation {PREFIX}healthcheck-port: the Service has no TCP port {wanted}")


def _sticky_sessions(asked: Annotations) -> Body:
    kind = asked.choice("sticky-sessions-type", ("none", "cookies"), "none")
    if kind == "none":
        return {"type": kind}
    return {
        "type": kind,
        "cookie_name": asked.text("sticky-sessions-cookie-name"),
        "cookie_ttl_seconds": asked.number("sticky-sessions-cookie-ttl", 300),
    }


def _firewall(service: Object, asked: Annotations) -> Body:
    ranges = service["spec"].get("loadBalancerSourceRanges") or []
    allow = [f"cidr:{each}" for each in ranges] or _words(asked.text("allow-rules"))
    return {"allow": allow, "deny": _words(asked.text("deny-rules"))}


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _service_ports(service: Object) -> list[Object]:
    return service["spec"].get("ports") or []
