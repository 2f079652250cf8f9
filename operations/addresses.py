"""Where a stack's services answer from outside: hosts of HTTPRoutes, and node ports of the local cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from lightkube.core.exceptions import ApiError
from lightkube.generic_resource import create_namespaced_resource
from lightkube.resources.core_v1 import Service

from delivery.cluster import StackCluster
from delivery.outcome import DeliveryError, RefusedError
from operations.cluster import find_instance, is_local
from operations.pods import NAME, OURS

NOT_FOUND = 404
HTTPRoute = create_namespaced_resource("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes")


@dataclass(frozen=True)
class Address:
    """Where one service answers.

    Attributes:
        route: its HTTPRoute as the API gives it; None where it has a node port instead.
    """

    service: str
    url: str
    route: Mapping[str, Any] | None = None


def find_addresses(cluster: StackCluster) -> list[Address]:
    """Return the addresses of the services that have one, by name.

    Raises:
        UnreachableError, DeliveryError: as for `StackCluster.find`.
    """
    return sorted([*_find_routes(cluster), *_find_node_ports(cluster)], key=lambda address: address.service)


def choose_address(cluster: StackCluster, service: str | None) -> Address:
    """Return the address of a service; without a name, the only one.

    Raises:
        RefusedError: the service has none, or there are several to choose from.
    """
    found = {address.service: address for address in find_addresses(cluster)}
    if service is None and len(found) == 1:
        return next(iter(found.values()))
    if service is None or service not in found:
        names = ", ".join(found) or "none"
        what = f"{service!r} has no address" if service else "several services have an address"
        raise RefusedError(f"{what} on {cluster.stack}: write --service with one of {names}")
    return found[service]


def is_absent(error: ApiError | httpx2.HTTPError) -> bool:
    """Whether the API server does not know the object, or its kind: then it answers in plain text."""
    if isinstance(error, ApiError):
        return error.status.code == NOT_FOUND
    return isinstance(error, httpx2.HTTPStatusError) and error.response.status_code == NOT_FOUND


def _find_routes(cluster: StackCluster) -> Iterator[Address]:
    try:
        found = list(cluster.client.list(HTTPRoute, namespace=cluster.namespace, labels=OURS))
    except (ApiError, httpx2.HTTPError) as error:
        if is_absent(error):
            return
        raise DeliveryError(f"the cluster of {cluster.stack} gives no HTTPRoutes: {error}") from error
    routes: list[dict[str, Any]] = [dict(each) for each in found]
    for route in routes:
        yield Address(route["metadata"]["labels"][NAME], f"https://{route['spec']['hostnames'][0]}", route)


def _find_node_ports(cluster: StackCluster) -> Iterator[Address]:
    if not is_local(cluster.stack):  # a node of DigitalOcean's has no address that is open to everyone
        return
    instance = find_instance()
    for service in cluster.find(Service, OURS):
        port = next((each.nodePort for each in (service.spec and service.spec.ports) or () if each.nodePort), None)
        if port and service.metadata and service.metadata.labels:
            yield Address(service.metadata.labels[NAME], instance.service_url(port))
