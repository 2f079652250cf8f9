"""The cluster of a stack: its objects, and what its pods answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, Self, TypeVar

import httpx2  # what lightkube speaks HTTP with
from lightkube.core.client import Client
from lightkube.core.exceptions import ApiError, ConfigError
from lightkube.core.resource import NamespacedResource

from delivery.outcome import DeliveryError, MissingError, RefusedError, UnreachableError
from infra.rollouts.cluster_access import client, open_http

NAMESPACE = "slipway:namespace"
ENDPOINT = "digitalocean:apiEndpoint"
Kind = TypeVar("Kind", bound=NamespacedResource)
Answer = TypeVar("Answer")


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
        return ask_cluster(
            f"the cluster of {self.stack}",
            lambda: list(self.client.list(kind, namespace=self.namespace, labels=dict(labels))),
        )

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


def ask_cluster(subject: str, ask: Callable[[], Answer]) -> Answer:
    """Return what `ask` returns.

    Args:
        subject: which cluster it is, for an error: "the cluster of staging".
        ask: calls lightkube.

    Raises:
        UnreachableError: the cluster does not answer.
        DeliveryError: it refuses, or answers something else than the Kubernetes API does.
    """
    try:
        return ask()
    except (httpx2.HTTPError, ConfigError) as error:
        refused = isinstance(error, ConfigError) or (isinstance(error, ApiError) and not _is_down(error))
        kind, says = (DeliveryError, "refuses") if refused else (UnreachableError, "does not answer")
        raise kind(f"{subject} {says}: {error}") from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # lightkube reads an answer without looking first: its body, and the Content-Type of an error.
        raise DeliveryError(
            f"{subject} answers something else than the Kubernetes API does: {type(error).__name__}: {error}"
        ) from error


def _is_down(error: ApiError) -> bool:
    return (error.status.code or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR


def request_cluster(stack: str, configuration: Mapping[str, Any]) -> StackCluster:
    """Return the cluster of a stack, with a credential from DigitalOcean's API that ends by itself.

    Args:
        configuration: see `delivery.stack.configuration.parse_configuration`.

    Raises:
        MissingError: no token, or one without the right.
        RefusedError: the account has no such cluster.
        UnreachableError, DeliveryError: the API does not answer, or answers something else.
    """
    from delivery.account.digitalocean import DigitalOcean  # and Pulumi with it, which takes a second

    name = f"slipway-{stack}"
    with DigitalOcean(endpoint=configuration.get(ENDPOINT)) as account:
        kubeconfig = account.find_kubeconfig(name)
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
