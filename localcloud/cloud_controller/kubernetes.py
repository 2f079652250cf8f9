"""The objects of a cluster that a cloud controller reads and writes, as the API server has them."""

from __future__ import annotations

import datetime as dt
import http
from pathlib import Path
from typing import Any

import httpx2  # what lightkube speaks HTTP with
from lightkube import ApiError, Client, KubeConfig
from lightkube.generic_resource import create_namespaced_resource
from lightkube.resources.core_v1 import Event, Namespace, Node, PersistentVolume, Secret, Service, ServiceAccount
from lightkube.resources.discovery_v1 import EndpointSlice
from lightkube.types import PatchType

Object = dict[str, Any]

Gateway = create_namespaced_resource("gateway.networking.k8s.io", "v1", "Gateway", "gateways")
MANAGER = "digitalocean-cloud-controller-manager"
SECONDS = 10.0
# What the API server or the way to it may raise.
ERRORS = (ApiError, httpx2.HTTPError)


class Kubernetes:
    """A client of one cluster.

    Args:
        kubeconfig: a file; it has one context.
    """

    def __init__(self, kubeconfig: Path) -> None:
        config = KubeConfig.from_file(kubeconfig)
        # Any: its overloads take no type that is a variable.
        self._client: Any = Client(config, timeout=httpx2.Timeout(SECONDS), trust_env=False, field_manager=MANAGER)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def services(self) -> list[Object]:
        return [each.to_dict() for each in self._client.list(Service, namespace="*")]

    def nodes(self) -> list[Object]:
        return [each.to_dict() for each in self._client.list(Node)]

    def volumes(self) -> list[Object]:
        return [each.to_dict() for each in self._client.list(PersistentVolume)]

    def free_volume(self, volume: Object) -> None:
        """Forget the claim that a volume had."""
        patch = {"spec": {"claimRef": None}}
        self._client.patch(PersistentVolume, _name(volume), patch, patch_type=PatchType.MERGE)

    def gateways(self) -> list[Object]:
        """Every Gateway; none in a cluster that does not know the kind yet."""
        try:
            return [each.to_dict() for each in self._client.list(Gateway, namespace="*")]
        except (
            httpx2.HTTPStatusError
        ) as error:  # no ApiError: of an unknown kind the API server says so in plain text
            if error.response.status_code == http.HTTPStatus.NOT_FOUND:
                return []
            raise

    def namespaces(self) -> list[str]:
        """Names of the namespaces that are not on their way out."""
        found = [each.to_dict() for each in self._client.list(Namespace)]
        return [_name(each) for each in found if each.get("status", {}).get("phase") == "Active"]

    def secret(self, name: str, namespace: str) -> Object | None:
        """A Secret, or None."""
        return self._find(Secret, name, namespace)

    def apply_secret(self, secret: Object) -> None:
        """Have a Secret as given."""
        self._client.apply(Secret.from_dict(secret), force=True)

    def service_account(self, name: str, namespace: str) -> Object | None:
        """A ServiceAccount, or None: a new namespace has none for a moment."""
        return self._find(ServiceAccount, name, namespace)

    def add_pull_secret(self, account: str, namespace: str, secret: str) -> None:
        """Have a ServiceAccount's pods pull with a Secret, too."""
        patch = {"imagePullSecrets": [{"name": secret}]}
        self._client.patch(ServiceAccount, account, patch, namespace=namespace, patch_type=PatchType.STRATEGIC)

    def _find(self, kind: Any, name: str, namespace: str) -> Object | None:
        try:
            return dict(self._client.get(kind, name, namespace=namespace).to_dict())
        except ApiError as error:
            if error.status.code == http.HTTPStatus.NOT_FOUND:
                return None
            raise

    def change_service(self, service: Object, patch: Object) -> Object:
        """Merge a patch into a Service; returns it as it is then."""
        changed = self._client.patch(
            Service, _name(service), patch, namespace=_namespace(service), patch_type=PatchType.MERGE
        )
        return dict(changed.to_dict())

    def change_service_status(self, service: Object, status: Object) -> None:
        patch = {"status": status}
        self._client.patch(
            Service.Status, _name(service), patch, namespace=_namespace(service), patch_type=PatchType.MERGE
        )

    def apply_service(self, service: Object) -> None:
        """Have these fields of a Service as given; fields that others set stay."""
        self._client.apply(Service.from_dict(service), field_manager="slipway-gateway", force=True)

    def apply_endpoints(self, endpoints: Object) -> None:
        self._client.apply(EndpointSlice.from_dict(endpoints), field_manager="slipway-gateway", force=True)

    def record_event(self, service: Object, kind: str, reason: str, message: str) -> None:
        """Record an event of a Service; `kind` is Normal or Warning."""
        now = dt.datetime.now(dt.UTC)
        stamp = f"{now:%Y-%m-%dT%H:%M:%SZ}"
        event = {
            "metadata": {
                "name": f"{_name(service)}.{int(now.timestamp() * 1e6):x}",
                "namespace": _namespace(service),
            },
            "involvedObject": {
                "apiVersion": "v1",
                "kind": "Service",
                "name": _name(service),
                "namespace": _namespace(service),
                "uid": service["metadata"]["uid"],
            },
            "type": kind,
            "reason": reason,
            "message": message,
            "source": {"component": "service-controller"},
            "firstTimestamp": stamp,
            "lastTimestamp": stamp,
            "count": 1,
        }
        self._client.create(Event.from_dict(event))


def _name(item: Object) -> str:
    return str(item["metadata"]["name"])


def _namespace(item: Object) -> str:
    return str(item["metadata"]["namespace"])
