"""Gateways of class `cilium`: each has a Service `cilium-gateway-<name>`, which leads to what implements them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from localcloud.cloud_controller.kubernetes import Kubernetes, Object

CLASS = "cilium"
NAME_LENGTH = 63
# The Service whose status has the addresses that Traefik writes to the status of Gateways, the same to all of them.
ADDRESSES_NAMESPACE, ADDRESSES_NAME = "kube-system", "cilium-gateway-addresses"
ADDRESSES_CLASS = "slipway.dev/gateway-addresses"  # so that it gets no load balancer


class GatewayServices:
    """Makes Services for the Gateways of one cluster.

    Args:
        address: where the program listens that implements them, on the ports of their listeners.
    """

    def __init__(self, kubernetes: Kubernetes, address: str) -> None:
        self._kubernetes = kubernetes
        self._address = address
        self._applied: dict[str, str] = {}

    def reconcile(self, gateways: Sequence[Object], services: Sequence[Object]) -> None:
        """Create and change what differs; what a deleted Gateway had goes with it, by its owner reference."""
        held = {_key(service): service for service in services}
        ours = sorted(
            (each for each in gateways if each["spec"].get("gatewayClassName") == CLASS and _stays(each)), key=_key
        )
        for gateway in ours:
            self._apply(service(gateway), held)
            self._apply_endpoints(gateway, held)
        addresses = [address for gateway in ours for address in _addresses(held.get(_key(service(gateway))))]
        self._publish(addresses[:1], held)

    def _apply(self, wanted: Object, held: dict[str, Object]) -> None:
        text, key = json.dumps(wanted, sort_keys=True), _key(wanted)
        if key not in held or self._applied.get(key) != text:
            self._kubernetes.apply_service(wanted)
            self._applied[key] = text

    def _apply_endpoints(self, gateway: Object, held: dict[str, Object]) -> None:
        wanted = endpoints(gateway, self._address)
        text, key = json.dumps(wanted, sort_keys=True), f"endpoints {_key(wanted)}"
        if _key(service(gateway)) not in held or self._applied.get(key) != text:
            self._kubernetes.apply_endpoints(wanted)
            self._applied[key] = text

    def _publish(self, addresses: list[Object], held: dict[str, Object]) -> None:
        wanted = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": ADDRESSES_NAME, "namespace": ADDRESSES_NAMESPACE},
            "spec": {
                "type": "LoadBalancer",
                "loadBalancerClass": ADDRESSES_CLASS,
                "allocateLoadBalancerNodePorts": False,
                "ports": [{"name": "none", "port": 1, "protocol": "TCP"}],
            },
        }
        self._apply(wanted, held)
        if _addresses(held.get(_key(wanted))) != addresses:
            self._kubernetes.change_service_status(wanted, {"loadBalancer": {"ingress": addresses}})


def service(gateway: Object) -> Object:
    """The Service of a Gateway, as Cilium makes it: type, labels and owner are Cilium's."""
    metadata, infrastructure = gateway["metadata"], gateway["spec"].get("infrastructure") or {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            **_named(gateway),
            "labels": {**(infrastructure.get("labels") or {}), **_labels(metadata["name"])},
            "annotations": infrastructure.get("annotations") or {},
        },
        "spec": {
            "type": "LoadBalancer",
            "ports": [{"name": f"port-{port}", "port": port, "protocol": "TCP"} for port in _ports(gateway)],
        },
    }


def endpoints(gateway: Object, address: str) -> Object:
    """Where that Service leads."""
    named = _named(gateway)
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            **named,
            "labels": {
                "kubernetes.io/service-name": named["name"],
                "endpointslice.kubernetes.io/managed-by": "slipway-cloud-controller",
            },
        },
        "addressType": "IPv4",
        "ports": [{"name": f"port-{port}", "port": port, "protocol": "TCP"} for port in _ports(gateway)],
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
    }


def _named(gateway: Object) -> Object:
    metadata = gateway["metadata"]
    owner = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }
    name = f"cilium-gateway-{metadata['name']}"[:NAME_LENGTH].rstrip("-.")
    return {"name": name, "namespace": metadata["namespace"], "ownerReferences": [owner]}


def _labels(name: str) -> dict[str, str]:
    return {"io.cilium.gateway/owning-gateway": name, "gateway.networking.k8s.io/gateway-name": name}


def _ports(gateway: Object) -> list[int]:
    """Of all listeners, each once."""
    return sorted({int(listener["port"]) for listener in gateway["spec"].get("listeners") or []})


def _addresses(held: Object | None) -> list[Object]:
    found = (((held or {}).get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return [{key: each[key] for key in ("ip", "hostname") if each.get(key)} for each in found]


def _stays(gateway: Object) -> bool:
    return not gateway["metadata"].get("deletionTimestamp")


def _key(item: Object) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"
