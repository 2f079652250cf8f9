"""Maintenance of a service: people from outside get a page with status 503 instead of it, until it ends.

With an HTTPRoute, the page has a route of its own that comes before the service's; with a node port, which the local
cloud has instead, the Service leads to the page. Health paths lead to the service either way, so that nobody is
alerted; its pods keep running, and other services reach it: at a node port they do not.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
from lightkube.core.exceptions import ApiError
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.core_v1 import Container
from lightkube.resources.core_v1 import ConfigMap, Service
from lightkube.resources.networking_v1 import NetworkPolicy

from delivery.cluster import StackCluster
from delivery.kubectl import Kubectl
from delivery.outcome import DeliveryError, UnreachableError
from infra.versions import MAINTENANCE_IMAGE
from operations import maintenance_objects as objects
from operations.addresses import Address, is_absent
from operations.deployment import find_deployment, get_container
from operations.images import provide_image
from operations.kubectl import open_kubectl
from operations.status import describe_age

START_SECONDS = 120
ROUTE_SECONDS = 2.0  # until every proxy of the gateway has forgotten a route
SUFFIX = "-maintenance"
APPLY = ("apply", "--server-side", "--force-conflicts", "--filename=-")
CiliumNetworkPolicy = create_namespaced_resource("cilium.io", "v2", "CiliumNetworkPolicy", "ciliumnetworkpolicies")


@dataclass(frozen=True)
class Maintenance:
    """A service that is in maintenance.

    Attributes:
        message: what people read.
    """

    service: str
    since: datetime
    message: str

    def describe(self, now: datetime) -> str:
        """`backend shows a maintenance page, for 5 min: Back at 14:00.`."""
        age = describe_age((now - self.since).total_seconds())
        return f"{self.service} shows a maintenance page, for {age}: {self.message}"

    def facts(self) -> dict[str, Any]:
        """What `--json` prints of it."""
        return {**vars(self), "since": self.since.isoformat()}


def find_maintenance(cluster: StackCluster) -> list[Maintenance]:
    """Return the services that are in maintenance.

    Raises:
        UnreachableError, DeliveryError: as for `StackCluster.find`.
    """
    found = cluster.find(ConfigMap, dict(objects.COMPONENT))
    return [
        Maintenance(
            str(each.metadata.name).removesuffix(SUFFIX),
            each.metadata.creationTimestamp,
            (each.metadata.annotations or {}).get("slipway/message", ""),
        )
        for each in found
        if each.metadata and each.metadata.creationTimestamp
    ]


def start_maintenance(cluster: StackCluster, address: Address, message: str, retry_seconds: int) -> None:
    """Have a page answer instead of a service. Called again, it changes the page.

    Args:
        address: of the service.
        message: what people read, as plain text.
        retry_seconds: of the answer's Retry-After.

    Raises:
        RefusedError: the service has no container.
        DeliveryError: the page does not start. Then nothing of it is left, and the service answers; a page that was
            there before stays.
    """
    shown = any(page.service == address.service for page in find_maintenance(cluster))
    paths = list(dict.fromkeys(_iterate_health_paths(get_container(find_deployment(cluster, address.service)))))
    provide_image(cluster, MAINTENANCE_IMAGE)
    with open_kubectl(cluster) as kubectl:
        try:
            passed_on = [] if address.route else paths  # a route leads health paths to the service itself
            page = objects.make_page(address.service, message, retry_seconds, passed_on)
            _start_page(cluster, kubectl, address.service, page)
            _lead_to_page(cluster, kubectl, address, paths)
        except BaseException as error:
            if not shown:
                _remove(cluster, kubectl, address)
            elif isinstance(error, DeliveryError):
                raise DeliveryError(f"the page before is shown until the new one starts: {error}") from error
            raise


def end_maintenance(cluster: StackCluster, address: Address) -> None:
    """Have a service answer again. Where it was not in maintenance, nothing changes.

    Raises:
        DeliveryError: the cluster refuses.
    """
    with open_kubectl(cluster) as kubectl:
        _remove(cluster, kubectl, address)


def _start_page(cluster: StackCluster, kubectl: Kubectl, service: str, page: Sequence[Mapping[str, Any]]) -> None:
    name, (first, *rest) = objects.name_page(service), page
    _run(kubectl, *APPLY, content=[first])
    policies = objects.make_policies(service, _read_ingress(cluster, service), gateway=_has_gateway(cluster, service))
    _apply(kubectl, service, [*rest, *policies])
    _run(kubectl, "rollout", "status", f"deployment/{name}", f"--timeout={START_SECONDS}s")


def _lead_to_page(cluster: StackCluster, kubectl: Kubectl, address: Address, paths: Sequence[str]) -> None:
    if address.route:
        _apply(kubectl, address.service, [objects.make_route(address.service, address.route, paths)])
    else:
        _select(cluster, address.service, objects.name_page(address.service))


def _remove(cluster: StackCluster, kubectl: Kubectl, address: Address) -> None:
    """What leads to the page first: a request that finds no page would find nothing."""
    name = objects.name_page(address.service)
    if address.route:
        _run(kubectl, "delete", "httproute", name, "--ignore-not-found")
        time.sleep(ROUTE_SECONDS)
    else:
        _select(cluster, address.service, address.service)
    _run(kubectl, "delete", "configmap", name, "--ignore-not-found", "--cascade=foreground", "--timeout=60s")


def _select(cluster: StackCluster, service: str, pods: str) -> None:
    """Have a Service lead to pods of another name."""
    patch = {"spec": {"selector": objects.select(pods)}}
    try:
        cluster.client.patch(Service, service, patch, namespace=cluster.namespace)
    except ApiError as error:
        raise DeliveryError(f"the cluster of {cluster.stack} refuses: {error}") from error
    except httpx2.HTTPError as error:
        raise UnreachableError(f"the cluster of {cluster.stack} does not answer: {error}") from error


def _apply(kubectl: Kubectl, service: str, content: Sequence[Mapping[str, Any]]) -> None:
    """Create or change objects that go with the page's ConfigMap."""
    owner = json.loads(_run(kubectl, "get", "configmap", objects.name_page(service), "--output=json"))["metadata"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": owner["name"], "uid": owner["uid"]}
    references = [{**reference, "blockOwnerDeletion": True}]
    owned = [{**each, "metadata": {**each["metadata"], "ownerReferences": references}} for each in content]
    _run(kubectl, *APPLY, content=owned)


def _run(kubectl: Kubectl, *words: str, content: Sequence[Mapping[str, Any]] = ()) -> str:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(content)}) if content else None
    done = subprocess.run(kubectl.command(*words), input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DeliveryError(f"kubectl {' '.join(words[:2])}: {done.stderr.strip()}")
    return done.stdout


def _iterate_health_paths(container: Container) -> Iterator[str]:
    for probe in (container.readinessProbe, container.livenessProbe):
        if probe and probe.httpGet and probe.httpGet.path:
            yield probe.httpGet.path.partition("?")[0]


def _read_ingress(cluster: StackCluster, service: str) -> list[dict[str, Any]] | None:
    for policy in cluster.find(NetworkPolicy, {}):
        if policy.metadata and policy.metadata.name == service:
            return list(policy.to_dict()["spec"].get("ingress") or [])
    return None


def _has_gateway(cluster: StackCluster, service: str) -> bool:
    """Whether the service has a policy for Cilium's gateway; only a cluster with Cilium knows the kind."""
    try:
        cluster.client.get(CiliumNetworkPolicy, f"{service}-gateway", namespace=cluster.namespace)
    except (ApiError, httpx2.HTTPError) as error:
        if is_absent(error):
            return False
        raise DeliveryError(f"the cluster of {cluster.stack} gives no CiliumNetworkPolicy: {error}") from error
    return True
