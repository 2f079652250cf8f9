"""Helm releases, by the helm program."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml

from infra.rollouts import helm_history
from localcloud.providers import operation
from localcloud.providers.errors import InitializationError, ProviderError
from localcloud.providers.kubernetes.cluster import Cluster, HelmError, InterruptedHelmError
from localcloud.providers.kubernetes.helm_command import (
    OPTIONS,
    OWNER_LABEL,
    REPOSITORY,
    SWITCHES,
    TIMEOUT_SECONDS,
    timeout_flags,
    upgrade_command,
)
from localcloud.providers.kubernetes.helm_values import write_values
from localcloud.providers.resource_type import Input, Properties, Resource, ResourceType

DEPLOYED = "deployed"


class Release(ResourceType):
    """`kubernetes:helm.sh/v3:Release`.

    Charts that are folders are relative to the engine's working folder, as for the official one: the program's.
    """

    token = "kubernetes:helm.sh/v3:Release"
    inputs: ClassVar[Mapping[str, Input]] = {
        "name": Input(required=True, replaces=True),
        "namespace": Input(replaces=True),
        "chart": Input(required=True),
        # No user and password: helm takes them on its command line only, for all to see.
        "repositoryOpts": Input(properties={name: Input() for name in REPOSITORY}),
        "values": Input(),
        "allowNullValues": Input(default=False),
        "atomic": Input(default=False),
        "maxHistory": Input(),
        "skipAwait": Input(default=False),
        "timeout": Input(default=TIMEOUT_SECONDS),
        "waitForJobs": Input(default=False),
        "compat": Input(default="true"),  # the SDK's, of no effect
        **{name: Input() for name in OPTIONS},
        **{name: Input(default=False) for name in SWITCHES},
    }
    computed = frozenset({"status", "resourceNames"})

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def create(self, inputs: Properties, timeout: float) -> Resource:
        namespace, name = self._place(inputs)
        self._repair(namespace, name)
        found = self._metadata(namespace, name)
        # One that this very resource installed is from a run that ended before it could write that down.
        ours = found is not None and found.get("labels", {}).get(OWNER_LABEL) == operation.resource_hash()
        if found is not None and not (self.cluster.takes_over or ours):
            raise ProviderError(
                f"Helm release {namespace}/{name} exists already; import it (`pulumi import`), or uninstall it "
                f"(`helm uninstall {name} --namespace {namespace}`), or set `upsertExistingObjects` on the provider"
            )
        return self._upgrade(inputs)

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        namespace, _, name = identity.rpartition("/")
        known = outputs.get("status") or {}
        found = self._read(namespace or self.cluster.namespace, name, outputs)
        if found is None:
            return None
        status = found.outputs["status"]
        if outputs and status["status"] != DEPLOYED:
            reason = f"Helm release {identity}: revision {status['revision']} is {status['status']}"
        elif known.get("revision") not in {None, status["revision"]}:
            reason = f"Helm release {identity}: revision {status['revision']} was not made by this stack"
        else:
            return found
        # With this on record the next update runs helm again, also where values and chart say nothing of the change.
        raise InitializationError(reason, identity, found.outputs, found.inputs)

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        self._repair(*self._place(inputs))
        return self._upgrade(inputs)

    def delete(self, resource: Resource, timeout: float) -> None:
        namespace, name = self._place(resource.outputs)
        words = [
            "uninstall",
            name,
            f"--namespace={namespace}",
            "--ignore-not-found",
            *timeout_flags(resource.outputs),
        ]
        if not resource.outputs.get("skipAwait"):
            words.append("--wait")
        try:
            self.cluster.helm(*words)
        except HelmError as error:
            if self.cluster.counts_as_deleted(error):
                return
            raise ProviderError(f"cannot uninstall the Helm release {namespace}/{name}: {error}") from error

    def refresh_inputs(self, known: Properties, live: Properties) -> Properties:
        """A chart's folder, its address and the switches are the program's alone; the rest is in Helm's record."""
        refreshed = {**known, "name": live["name"]}
        if _without_nulls(known.get("values") or {}) != live.get("values", {}):
            refreshed["values"] = live.get("values", {})
        if Path(known["chart"]).name != live["chart"]:
            refreshed["chart"] = live["chart"]
        version = str(known.get("version") or "")
        if _is_exact(version) and version.removeprefix("v") != live["version"].removeprefix("v"):
            refreshed["version"] = live["version"]
        return refreshed

    def _place(self, inputs: Mapping[str, Any]) -> tuple[str, str]:
        return inputs.get("namespace") or self.cluster.namespace, inputs["name"]

    def _repair(self, namespace: str, name: str) -> None:
        """Remove records of a run that was killed: helm would refuse. The engine holds the stack's lock."""
        with self.cluster.explain_errors(f"Helm release {namespace}/{name}"):
            removed = helm_history.repair(self.cluster.client, name, namespace)
        for revision in removed:
            operation.warn(
                f"an earlier run left revision {revision.number} {revision.status!r}: its record is removed, and "
                "helm continues from the last good revision, or installs anew where there is none"
            )

    def _upgrade(self, inputs: Properties) -> Resource:
        namespace, name = self._place(inputs)
        values = inputs.get("values") or {}
        text = write_values(values if inputs.get("allowNullValues") else _without_nulls(values))
        try:
            self.cluster.helm(*upgrade_command(namespace, name, inputs), stdin=text)
        except HelmError as error:
            raise self._failure(namespace, name, inputs, str(error)) from error
        except InterruptedHelmError as error:
            # Recorded as unfinished, so that the next update runs helm even where the program is as it was before.
            status = {"name": name, "namespace": namespace, "status": "unknown"}
            raise InitializationError(str(error), f"{namespace}/{name}", {**inputs, "status": status}) from error
        made = self._read(namespace, name, inputs)
        if made is None:
            raise ProviderError(f"Helm release {namespace}/{name} is gone right after helm has made it")
        return made

    def _failure(self, namespace: str, name: str, inputs: Properties, reason: str) -> ProviderError:
        """What a failed helm has left: nothing or the revision before, or a release that the state must know of."""
        text = f"Helm release {namespace}/{name} failed: {reason}"
        left = self._read(namespace, name, inputs)
        if left is None or left.outputs["status"]["status"] == DEPLOYED:
            return ProviderError(text)
        return InitializationError(text, left.identity, left.outputs)

    def _read(self, namespace: str, name: str, known: Properties) -> Resource | None:
        """The release by its last revision; `known` are the inputs or outputs that Helm does not record."""
        metadata = self._metadata(namespace, name)
        if metadata is None:
            return None
        where = [name, f"--namespace={namespace}", f"--revision={metadata['revision']}"]
        values = json.loads(_json_line(self.cluster.helm("get", "values", *where, "--output=json"))) or {}
        chart, version = metadata["chart"], metadata["version"]
        inputs = {"name": name, "namespace": namespace, "chart": chart, "version": version, "values": values}
        defaults = {key: known.default for key, known in self.inputs.items() if known.default is not None}
        outputs = {key: value for key, value in known.items() if key in self.inputs}
        status = {
            "name": name,
            "namespace": namespace,
            "status": metadata["status"],
            "revision": metadata["revision"],
            "version": version,
            "chart": chart,
            "appVersion": metadata["appVersion"],
        }
        names = _resource_names(self.cluster.helm("get", "manifest", *where), namespace)
        return Resource(
            f"{namespace}/{name}",
            {**defaults, **inputs},
            {**defaults, **inputs, **outputs, "values": values, "status": status, "resourceNames": names},
        )

    def _metadata(self, namespace: str, name: str) -> Properties | None:
        """What Helm records of a release beside its values; None where there is none."""
        try:
            answer = self.cluster.helm("get", "metadata", name, f"--namespace={namespace}", "--output=json")
        except HelmError as error:
            if "release: not found" in str(error) or self.cluster.counts_as_deleted(error):
                return None
            raise ProviderError(f"cannot ask for the Helm release {namespace}/{name}: {error}") from error
        metadata: Properties = json.loads(_json_line(answer))
        return None if metadata["status"] == "uninstalled" else metadata


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value if inner is not None]
    return value


def _is_exact(version: str) -> bool:
    """Whether it is a version and no range of versions."""
    return version.removeprefix("v")[:1].isdigit() and not set(version) & set(" ,|*xX")


def _json_line(output: str) -> str:
    """The answer, without the warnings that it may write before."""
    return next((line for line in reversed(output.splitlines()) if line[:1] in {"{", "n"}), output)


def _resource_names(manifest: str, namespace: str) -> dict[str, list[str]]:
    """The objects of a release by kind and version, as the official provider writes them."""
    found: dict[str, list[str]] = {}
    for document in _documents(manifest):
        group, _, _ = document["apiVersion"].rpartition("/")
        kind = f"{document['kind']}.{group}" if group else document["kind"]
        place = document["metadata"].get("namespace") or namespace
        found.setdefault(f"{kind}/{document['apiVersion']}", []).append(f"{place}/{document['metadata']['name']}")
    return {key: sorted(names) for key, names in sorted(found.items())}


def _documents(manifest: str) -> Iterable[Properties]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a monitoring chart has megabytes
    return [each for each in yaml.load_all(manifest, Loader=loader) if each]
