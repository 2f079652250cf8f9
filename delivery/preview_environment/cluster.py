"""What is in the cluster of preview environments."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

from lightkube import ApiError, Client
from lightkube.resources.core_v1 import Namespace, PersistentVolume

from delivery.cluster import ask_cluster, request_cluster
from delivery.outcome import MissingError
from delivery.preview_environment.configuration import Parent
from infra.config.preview_environment import STACK_PREFIX, parse_number
from infra.config.settings import PROJECT
from infra.rollouts.cluster_access import client

KUBECONFIG = "KUBECONFIG"
GONE_SECONDS = 180.0
PAUSE_SECONDS = 2.0
Result = TypeVar("Result")


def read_kubeconfig(parent: Parent) -> str:
    """The kubeconfig that KUBECONFIG names; where it is not set, the administrator's, from DigitalOcean's API.

    Raises:
        MissingError: the file cannot be read; or there is no token, or one without the right.
        RefusedError, UnreachableError, DeliveryError: as for `delivery.cluster.request_cluster`.
    """
    name = os.environ.get(KUBECONFIG)
    if not name:
        return request_cluster(parent.name, parent.config).kubeconfig
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MissingError(f"{KUBECONFIG}: cannot read {name}: {error}") from error


class EnvironmentCluster:
    """The namespaces and volumes of preview environments.

    Every method raises:
        UnreachableError: the cluster does not answer.
        DeliveryError: it refuses, or answers something else.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    @contextmanager
    def open(cls, kubeconfig: str) -> Iterator[EnvironmentCluster]:
        """Yield the cluster of a kubeconfig's text; its connections end afterwards."""
        opened = _explain(lambda: client(kubeconfig))
        try:
            yield cls(opened)
        finally:
            opened.close()

    def namespaces(self) -> dict[int, datetime | None]:
        """When each environment's namespace was created, by its pull request.

        Only namespaces that this program made: they have the label of the stack.
        """
        found = _explain(lambda: list(self._client.list(Namespace, labels={f"{PROJECT}/stack": None})))
        numbers: dict[int, datetime | None] = {}
        for each in found:
            metadata = each.metadata
            number = parse_number(str(metadata.name)) if metadata else None
            if metadata and number is not None and (metadata.labels or {}).get(f"{PROJECT}/stack") == metadata.name:
                numbers[number] = metadata.creationTimestamp
        return numbers

    def volumes(self) -> dict[int, list[str]]:
        """Names of the volumes that claims of environments had, by pull request."""
        numbers: dict[int, list[str]] = {}
        for each in _explain(lambda: list(self._client.list(PersistentVolume))):
            claim = each.spec.claimRef if each.spec else None
            number = parse_number(str(claim.namespace)) if claim else None
            if number is not None and each.metadata:
                numbers.setdefault(number, []).append(str(each.metadata.name))
        return numbers

    def delete_namespace(self, number: int) -> None:
        """Delete the namespace of an environment with everything in it; nothing where there is none."""

        def delete() -> None:
            try:
                self._client.delete(Namespace, f"{STACK_PREFIX}{number}")
            except ApiError as error:
                if error.status.code != HTTPStatus.NOT_FOUND:
                    raise

        _explain(delete)

    def wait_gone(self, number: int) -> bool:
        """Whether namespace and volumes of an environment are gone, for which the cluster has GONE_SECONDS."""
        deadline = time.monotonic() + GONE_SECONDS
        while number in self.namespaces() or number in self.volumes():
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE_SECONDS)
        return True


def _explain(action: Callable[[], Result]) -> Result:
    return ask_cluster("the cluster of the preview environments", action)
