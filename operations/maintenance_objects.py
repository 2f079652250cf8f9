"""The objects of a service's maintenance page: a web server that answers 503, and what leads requests to it."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from delivery.verification.maintenance import HEADER
from infra.versions import MAINTENANCE_IMAGE

LABELS = ("app.kubernetes.io/name", "app.kubernetes.io/instance")
COMPONENT = {"app.kubernetes.io/component": "maintenance", "app.kubernetes.io/managed-by": "slipway"}
PORT = 8080
USER = 10001
HOME = "/tmp"  # noqa: S108  # nosec B108 - in the container
# Of the Gateway API's HTTPMethod. A match by method comes before the service's own, which is by path alone:
# https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE")
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Maintenance</title>
<style>
:root {{ color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }}
main {{ max-width: 34rem; margin: 20vh auto; padding: 0 1.5rem }}
</style>
</head>
<body><main><h1>Maintenance</h1><p>{message}</p></main></body>
</html>
"""


def name_page(service: str) -> str:
    """The name of a service's maintenance objects."""
    return f"{service}-maintenance"


def select(name: str) -> dict[str, str]:
    """The labels that a Service selects pods by; see helm/service."""
    return dict.fromkeys(LABELS, name)


def make_page(service: str, message: str, retry_seconds: int, health_paths: Sequence[str]) -> list[dict[str, Any]]:
    """Return the web server: its configuration first, which owns the rest.

    Args:
        retry_seconds: of the answer's Retry-After.
        health_paths: which it passes on to the service; none where a route does.
    """
    name = name_page(service)
    configuration = json.dumps(_configure(service, message, retry_seconds, health_paths), indent=1)
    service_spec = {"selector": select(name), "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}
    objects = [
        _make("v1", "ConfigMap", name, data={"caddy.json": configuration}, annotations={"slipway/message": message}),
        _make("v1", "Service", name, spec=service_spec),
        _make("apps/v1", "Deployment", name, spec=_deploy(name, configuration)),
    ]
    if health_paths:
        own = {"selector": select(service), "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}
        objects.append(_make("v1", "Service", f"{name}-origin", spec=own))
    return objects


def make_policies(
    service: str, ingress: Sequence[Mapping[str, Any]] | None, *, gateway: bool
) -> list[dict[str, Any]]:
    """Return who may reach the page: whoever may reach the service.

    Args:
        ingress: of the service's own NetworkPolicy; None where it has none.
        gateway: whether Cilium's gateway needs a policy of its own; see helm/service/templates/networkpolicy.yaml.
    """
    name, policies = name_page(service), []
    if ingress is not None:
        spec = {
            "podSelector": {"matchLabels": select(name)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": list(ingress),
            "egress": [{}],  # the web server asks the service's health paths, and a name server for it
        }
        policies.append(_make("networking.k8s.io/v1", "NetworkPolicy", name, spec=spec))
    if gateway:
        ports = [{"ports": [{"port": str(PORT), "protocol": "TCP"}]}]
        own = {
            "endpointSelector": {"matchLabels": select(name)},
            "ingress": [{"fromEntities": ["ingress"], "toPorts": ports}],
        }
        policies.append(_make("cilium.io/v2", "CiliumNetworkPolicy", name, spec=own))
    return policies


def make_route(service: str, route: Mapping[str, Any], health_paths: Sequence[str]) -> dict[str, Any]:
    """Return the HTTPRoute that leads every request to the page, except those for health paths.

    The service's own route remains as it is: a deploy may change it, and does not end the maintenance.

    Args:
        route: the service's own.
    """
    spec = route["spec"]
    rules = [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": "/"}, "method": method} for method in METHODS],
            "backendRefs": [{"name": name_page(service), "port": 80}],
        }
    ]
    if health_paths:
        matches = [{"path": {"type": "Exact", "value": path}} for path in health_paths]
        rules.insert(0, {**spec["rules"][0], "matches": matches})
    own = {"parentRefs": spec["parentRefs"], "hostnames": spec["hostnames"], "rules": rules}
    return _make("gateway.networking.k8s.io/v1", "HTTPRoute", name_page(service), spec=own)


def _make(
    version: str, kind: str, name: str, annotations: Mapping[str, str] | None = None, **content: Any
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "labels": {**select(name), **COMPONENT}}
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}


def _configure(service: str, message: str, retry_seconds: int, health_paths: Sequence[str]) -> dict[str, Any]:
    """Caddy's configuration: https://caddyserver.com/docs/json/. A brace in the message would begin a placeholder."""
    page = PAGE.format(message=html.escape(message).replace("{", "&#123;"))
    detail = json.dumps(message).replace("{", r"\u007b")
    problem = f'{{"title": "Service Unavailable", "status": 503, "detail": {detail}}}'
    routes: list[dict[str, Any]] = []
    if health_paths:
        upstream = {"dial": f"{name_page(service)}-origin:80"}
        routes.append(
            {
                "match": [{"path": list(health_paths)}],
                "handle": [{"handler": "reverse_proxy", "upstreams": [upstream]}],
                "terminal": True,
            }
        )
    routes += [
        {
            "match": [{"header": {"Accept": ["*json*"]}}],
            "handle": [_answer("application/problem+json", problem, retry_seconds)],
            "terminal": True,
        },
        {"handle": [_answer("text/html; charset=utf-8", page, retry_seconds)]},
    ]
    server = {"listen": [f":{PORT}"], "routes": routes, "automatic_https": {"disable": True}}
    return {"admin": {"disabled": True}, "apps": {"http": {"servers": {"page": server}}}}


def _answer(content_type: str, body: str, retry_seconds: int) -> dict[str, Any]:
    headers = {
        "Content-Type": [content_type],
        "Retry-After": [str(retry_seconds)],
        "Cache-Control": ["no-store"],
        HEADER: ["on"],
    }
    return {"handler": "static_response", "status_code": "503", "headers": headers, "body": body}


def _deploy(name: str, configuration: str) -> dict[str, Any]:
    """A Deployment whose pods are replaced when the configuration changes."""
    container = {
        "name": "page",
        "image": MAINTENANCE_IMAGE,
        "command": ["caddy", "run", "--config", "/etc/maintenance/caddy.json"],
        "env": [{"name": "HOME", "value": HOME}],
        "ports": [{"name": "http", "containerPort": PORT}],
        "readinessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "96Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            # The image's program has this capability: without it, it may not even be executed.
            "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
        },
        "volumeMounts": [{"name": "configuration", "mountPath": "/etc/maintenance", "readOnly": True}],
    }
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "configuration", "configMap": {"name": name}}],
    }
    digest = {"slipway/configuration": hashlib.sha256(configuration.encode()).hexdigest()}
    template = {"metadata": {"labels": {**select(name), **COMPONENT}, "annotations": digest}, "spec": pod}
    return {"replicas": 1, "selector": {"matchLabels": select(name)}, "template": template}
