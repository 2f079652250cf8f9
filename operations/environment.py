"""The environment of a service's container: names, and where each is from; of a Secret never a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lightkube.models.core_v1 import Container
from lightkube.resources.core_v1 import ConfigMap, Secret

from delivery.cluster import StackCluster
from operations.pod_templates import find_pod_template, get_container


@dataclass(frozen=True)
class Variable:
    """A variable of a container.

    Attributes:
        origin: `the chart`, `ConfigMap backend` or `Secret backend-database`.
        value: None where it is a Secret's.
    """

    name: str
    origin: str
    value: str | None

    def describe(self) -> str:
        """`LOG_LEVEL=INFO  (ConfigMap backend)`."""
        value = f"={self.value}" if self.value is not None else ""
        return f"{self.name}{value}  ({self.origin})"


def read_environment(cluster: StackCluster, service: str) -> list[Variable]:
    """Return the variables of a service by name, each once: of two with a name, the one that counts.

    Raises:
        RefusedError: there is no such service.
        UnreachableError, DeliveryError: as for `StackCluster.find`.
    """
    container = get_container(find_pod_template(cluster, service))
    found = {variable.name: variable for variable in _iterate(cluster, container)}
    return sorted(found.values(), key=lambda variable: variable.name)


def _iterate(cluster: StackCluster, container: Container) -> Iterator[Variable]:
    """In the order in which a later one takes the place of an earlier one."""
    configuration = {str(each.metadata.name): each for each in cluster.find(ConfigMap, {}) if each.metadata}
    secrets = {str(each.metadata.name): each for each in cluster.find(Secret, {}) if each.metadata}
    for source in container.envFrom or ():
        if source.configMapRef and (name := source.configMapRef.name):
            data = configuration[name].data if name in configuration else None
            yield from (Variable(key, f"ConfigMap {name}", value) for key, value in (data or {}).items())
        elif source.secretRef and (name := source.secretRef.name):
            keys = secrets[name].data if name in secrets else None
            yield from (Variable(key, f"Secret {name}", None) for key in keys or {})
    for each in container.env or ():
        reference = each.valueFrom
        if reference and reference.secretKeyRef:
            yield Variable(each.name, f"Secret {reference.secretKeyRef.name}", None)
        elif reference and reference.configMapKeyRef:
            yield Variable(each.name, f"ConfigMap {reference.configMapKeyRef.name}", None)
        else:
            yield Variable(each.name, "the chart", each.value or "")
