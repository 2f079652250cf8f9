"""The cluster of a stack: its objects, and what its pods answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeVar

import httpx2  # what lightkube speaks HTTP with
from lightkube.core.client import Client
from lightkube.core.exceptions import ApiError, ConfigError
from lightkube.core.resource import NamespacedResource

from delivery.outcome import DeliveryError, MissingError, RefusedError, UnreachableError
from infra.rollouts.cluster_access import client, open_http

NAMESPACE = "slipway:namespace"
ENDPOINT = "digitalocean:apiEndpoint"
CREDENTIAL_SECONDS = 600  # DigitalOcean itself would give seven days
Kind = TypeVar("Kind", bound=NamespacedResource)


@dataclass(frozen=True)
class StackCluster:
    """A stack's cluster; to be used in a `with`, which ends its connections.

    Attributes:
        kubeconfig: its text; it has a credential.
        namespace: of the services.
    """

    stack: str
    kubeconfig: str
    namespace: str

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    @cached_property
    def client(self) -> Client:
        """Asks the Kubernetes API."""
        return client(self.kubeconfig)

    def find(self, kind: type[Kind], labels: Mapping[str, str | None]) -> list[Kind]:
        """Return the objects of a kind in the namespace.

        Args:
            labels: that they have; None: whatever the value.

        Raises:
            UnreachableError: the cluster does not answer.
            DeliveryError: it refuses.
        """
        try:
            return list(self.client.list(kind, namespace=self.namespace, labels=dict(labels)))
        except httpx2.HTTPError as error:
            raise UnreachableError(f"the cluster of {self.stack} does not answer: {error}") from error
        except (ApiError, ConfigError) as error:
            raise DeliveryError(f"the cluster of {self.stack} refuses: {error}") from error

    def read_from_pod(self, pod: str, port: int, path: str) -> str:
        """What a pod answers to a GET, through the API server: no port of the pod has to be open.

        Raises:
            UnreachableError: the pod, or the cluster, does not answer 200.
        """
        proxy = f"/api/v1/namespaces/{self.namespace}/pods/{pod}:{port}/proxy{path}"
        try:
            with open_http(self.kubeconfig) as http:
                return str(http.get(proxy).raise_for_status().text)
        except httpx2.HTTPError as error:
            raise UnreachableError(f"pod {pod} of {self.stack} does not answer {path}: {error}") from error


def request_cluster(stack: str, configuration: Mapping[str, Any], seconds: int = CREDENTIAL_SECONDS) -> StackCluster:
    """Return the cluster of a stack, with an administrator's credential from DigitalOcean's API.

    Args:
        seconds: after which the credential ends.
        configuration: see `delivery.stack.configuration.parse_configuration`.

    Raises:
        MissingError: no token, or one without the right.
        RefusedError: the account has no such cluster.
        UnreachableError, DeliveryError: the API does not answer, or answers something else.
    """
    from delivery.account.digitalocean import DigitalOcean  # and Pulumi with it, which takes a second

    name = f"slipway-{stack}"
    with DigitalOcean(endpoint=configuration.get(ENDPOINT)) as account:
        kubeconfig = account.find_kubeconfig(name, seconds)
    if kubeconfig is None:
        raise RefusedError(
            f"the account has no cluster {name}: run `pulumi up --stack {stack}`, or use its own token"
        )
    return StackCluster(stack, kubeconfig, read_namespace(stack, configuration))


def read_namespace(stack: str, configuration: Mapping[str, Any]) -> str:
    """Return the namespace of a stack's services.

    Raises:
        MissingError: the stack file has none.
    """
    namespace = configuration.get(NAMESPACE)
    if not isinstance(namespace, str):
        raise MissingError(f"Pulumi.{stack}.yaml: {NAMESPACE} is missing; write the services' namespace")
    return namespace
