"""Kubernetes objects, by server-side apply: what the program declares is ours, and what others add stays theirs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from lightkube import ApiError
from lightkube.core import decoders
from lightkube.core.resource import NamespacedResource
from lightkube.types import PatchType

from localcloud.providers import operation
from localcloud.providers.errors import ProviderError
from localcloud.providers.kubernetes.cluster import CONFLICT, NOT_FOUND, Cluster
from localcloud.providers.resource_type import Input, Properties, Resource, ResourceType
from localcloud.providers.values import UNKNOWN

DELETE_SECONDS = 600.0  # as the official provider waits
INTERVAL_SECONDS = 0.25
MANAGER = "__fieldManager"  # the output that remembers who applied it, under the official provider's name
FORCE = "pulumi.com/patchForce"
METADATA = Input(
    required=True,
    properties={
        "name": Input(required=True, replaces=True),
        "namespace": Input(replaces=True),
        "labels": Input(),
        "annotations": Input(),
        "finalizers": Input(),
    },
)
SERVERS_OWN = (
    "managedFields",
    "creationTimestamp",
    "generation",
    "resourceVersion",
    "selfLink",
    "uid",
    "ownerReferences",
)

# The JSON library ends the process when two threads teach it a type at once; see infra.rollouts.cluster_access.
decoders.decode_status(b"{}")


class Object(ResourceType):
    """One kind of object.

    Attributes:
        resource: lightkube's class of it.
        kind: as in a manifest.
        api_version: likewise.
    """

    resource: ClassVar[Any]
    kind: ClassVar[str]
    api_version: ClassVar[str] = "v1"

    def __init_subclass__(cls) -> None:
        """Teach the JSON library the kind while there is one thread."""
        role = b'{"apiGroup": "", "kind": "", "name": ""}'  # what a RoleBinding must have
        decoders.decode_object(b'{"metadata": {}, "roleRef": ' + role + b"}", cls.resource)

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def deletes_first(self, old: Properties, new: Properties) -> bool:
        """Two objects cannot have one name."""
        return UNKNOWN in {self._key(old), self._key(new)} or self._key(old) == self._key(new)

    def refresh_inputs(self, known: Properties, live: Properties) -> Properties:
        refreshed: Properties = _select_known(known, live)
        return refreshed

    def create(self, inputs: Properties, timeout: float) -> Resource:
        namespace, name = self._place(inputs)
        manager = _manager()
        found = self._get(namespace, name)
        # One that this very resource applied is from a run that ended before it could write that down.
        if found is not None and not (self.cluster.takes_over or _is_applied_by(found, manager)):
            raise ProviderError(
                f"{self._label(namespace, name)} exists already; import it (`pulumi import`), delete it, or set "
                "`upsertExistingObjects` on the provider"
            )
        return self._apply(inputs, manager)

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        namespace, _, name = identity.rpartition("/")
        live = self._get(namespace or self.cluster.namespace, name)
        return None if live is None else self._resource(live, outputs, str(outputs.get(MANAGER, "")))

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        return self._apply(inputs, str(resource.outputs.get(MANAGER) or _manager()))

    def delete(self, resource: Resource, timeout: float) -> None:
        namespace, name = self._place(resource.outputs)
        label = self._label(namespace, name)
        found = self._get(namespace, name)
        if found is None:
            return
        with self.cluster.explain_errors(label):
            try:
                self.cluster.client.delete(self.resource, name, **self._scope(namespace))
            except ApiError as error:
                if error.status.code not in {NOT_FOUND, CONFLICT}:  # a conflict: it is going already
                    raise
        deadline = time.monotonic() + (timeout or DELETE_SECONDS)
        while (left := self._get(namespace, name)) and left["metadata"]["uid"] == found["metadata"]["uid"]:
            if time.monotonic() > deadline:
                raise ProviderError(f"{label} is still there; {_why_it_stays(left)}")
            if self.cluster.commands.cancelled.wait(INTERVAL_SECONDS):
                raise ProviderError(f"cancelled while {label} was being deleted")

    def _apply(self, inputs: Properties, manager: str) -> Resource:
        namespace, name = self._place(inputs)
        label = self._label(namespace, name)
        annotations = inputs["metadata"].get("annotations") or {}
        with self.cluster.explain_errors(label):
            try:
                made = self.cluster.client.patch(
                    self.resource,
                    name,
                    inputs,
                    patch_type=PatchType.APPLY,
                    field_manager=manager,
                    force=self.cluster.forces or annotations.get(FORCE) == "true",
                    **self._scope(namespace),
                )
            except ApiError as error:
                if error.status.code == CONFLICT and "conflict" in str(error.status.message):
                    hint = f'set the annotation `{FORCE}: "true"` to take these fields'
                    raise ProviderError(f"{label}: {error.status.message}; {hint}") from error
                raise
        return self._resource(made.to_dict(), inputs, manager)

    def _get(self, namespace: str, name: str) -> Properties | None:
        try:
            return self._find(namespace, name)
        except ProviderError as error:
            if self.cluster.counts_as_deleted(error):
                return None
            raise

    def _find(self, namespace: str, name: str) -> Properties | None:
        with self.cluster.explain_errors(self._label(namespace, name)):
            try:
                found = self.cluster.client.get(self.resource, name, **self._scope(namespace))
            except ApiError as error:
                if error.status.code == NOT_FOUND:
                    return None
                raise
        live: Properties = found.to_dict()
        return live

    def _resource(self, live: Properties, known: Mapping[str, Any], manager: str) -> Resource:
        """The object as Pulumi has it; `known` is what the program or the state says of it."""
        metadata = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
        live = {"apiVersion": self.api_version, "kind": self.kind, **live, "metadata": metadata}
        inputs = {
            **{name: value for name, value in live.items() if name in self.inputs},
            "metadata": {key: value for key, value in metadata.items() if key not in SERVERS_OWN},
        }
        namespace, name = self._place(live)
        identity = f"{namespace}/{name}" if namespace else name
        return Resource(identity, inputs, {**live, MANAGER: manager or _manager()})

    def _place(self, manifest: Mapping[str, Any]) -> tuple[str, str]:
        """Namespace, empty for what lies in none, and name."""
        metadata = manifest["metadata"]
        if not issubclass(self.resource, NamespacedResource):
            return "", metadata["name"]
        return metadata.get("namespace") or self.cluster.namespace, metadata["name"]

    def _key(self, inputs: Properties) -> Any:
        if inputs["metadata"] is UNKNOWN or UNKNOWN in inputs["metadata"].values():
            return UNKNOWN
        return self._place(inputs)

    def _scope(self, namespace: str) -> dict[str, str]:
        return {"namespace": namespace} if issubclass(self.resource, NamespacedResource) else {}

    def _label(self, namespace: str, name: str) -> str:
        return f"{self.kind} {namespace}/{name}" if namespace else f"{self.kind} {name}"


def _select_known(known: Any, live: Any) -> Any:
    """Of `live`, what `known` speaks of: what others have added is no drift, and what is gone is."""
    if isinstance(known, Mapping) and isinstance(live, Mapping):
        return {key: _select_known(value, live[key]) for key, value in known.items() if key in live}
    return live


def _manager() -> str:
    """A field manager for one resource, so that a later run knows what it has applied."""
    return f"pulumi-kubernetes-{operation.resource_hash()}"


def _is_applied_by(live: Properties, manager: str) -> bool:
    entries = live["metadata"].get("managedFields") or []
    return any((entry.get("manager"), entry.get("operation")) == (manager, "Apply") for entry in entries)


def _why_it_stays(live: Properties) -> str:
    """What the API says of an object that does not go."""
    conditions = (live.get("status") or {}).get("conditions") or []
    reasons = [str(each.get("message")) for each in conditions if each.get("status") == "True"]
    finalizers = [*(live["metadata"].get("finalizers") or []), *((live.get("spec") or {}).get("finalizers") or [])]
    return "; ".join(reasons) or f"its finalizers: {', '.join(finalizers) or 'none'}"
