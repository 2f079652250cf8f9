"""The cluster of a stack: how it is reached, and the namespace of the services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self, TypeVar

import httpx2  # what lightkube speaks HTTP with
from lightkube.core.client import Client
from lightkube.core.exceptions import ApiError, ConfigError
from lightkube.core.resource import NamespacedResource

from delivery.account.digitalocean import DigitalOcean
from delivery.outcome import DeliveryError, MissingError, RefusedError, UnreachableError
from delivery.stack.configuration import read_configuration
from infra.config.stack_file import StackFileError, load_config
from infra.rollouts.cluster_access import client
from localcloud.instance import Instance, InstanceError

LOCAL, PROD = "local", "prod"
NAMESPACE = "slipway:namespace"
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
            hint = "; is it up? `slipway local status`" if self.stack == LOCAL else ""
            raise UnreachableError(f"the cluster of {self.stack} does not answer: {error}{hint}") from error
        except (ApiError, ConfigError) as error:
            raise DeliveryError(f"the cluster of {self.stack} refuses: {error}") from error


def open_cluster(stack: str, checkout: Path = Path()) -> StackCluster:
    """Return the cluster of a stack: of the local one from this machine, of any other from DigitalOcean's API.

    Raises:
        MissingError: the local cloud is down, the stack has no file here, or there is no token.
        RefusedError: the account has no such cluster.
        UnreachableError, DeliveryError: the API does not answer, or answers something else.
    """
    namespace = _read_namespace(stack, checkout)
    kubeconfig = _read_local() if stack == LOCAL else _request(stack, checkout)
    return StackCluster(stack, kubeconfig, namespace)


def _read_namespace(stack: str, checkout: Path) -> str:
    try:
        config = load_config(checkout / f"Pulumi.{stack}.yaml")
    except StackFileError as error:
        raise MissingError(f"{error}; run this in the repository's folder") from error
    namespace = config.get(NAMESPACE)
    if not isinstance(namespace, str):
        raise MissingError(f"Pulumi.{stack}.yaml: {NAMESPACE} is missing; write the services' namespace")
    return namespace


def _read_local() -> str:
    try:
        file = Instance.from_environment().kubeconfig
    except InstanceError as error:
        raise MissingError(str(error)) from error
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise MissingError("the local cloud is down: start it with `make up`") from error


def _request(stack: str, checkout: Path) -> str:
    endpoint = read_configuration(stack, checkout).get("digitalocean:apiEndpoint")
    name = f"slipway-{stack}"
    with DigitalOcean(endpoint=endpoint) as account:
        kubeconfig = account.find_kubeconfig(name)
    if kubeconfig is None:
        raise RefusedError(
            f"the account has no cluster {name}: run `pulumi up --stack {stack}`, or use its own token"
        )
    return kubeconfig
