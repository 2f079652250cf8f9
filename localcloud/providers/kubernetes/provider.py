"""The provider for what runs in a Kubernetes cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from threading import Lock
from typing import Any

from localcloud.machine.command import Commands
from localcloud.providers.errors import ProviderError
from localcloud.providers.kubernetes.cluster import Cluster, load_kubeconfig
from localcloud.providers.kubernetes.namespace import Namespace
from localcloud.providers.kubernetes.namespace_objects import LimitRange, ResourceQuota, RoleBinding
from localcloud.providers.kubernetes.network_policy import NetworkPolicy
from localcloud.providers.kubernetes.release import Release
from localcloud.providers.kubernetes.secret import Secret
from localcloud.providers.provider import INSTALL, Provider
from localcloud.providers.resource_type import Properties, ResourceType
from localcloud.providers.values import UNKNOWN

IDENTIFIER = "clusterIdentifier"
DELETES_UNREACHABLE = "deleteUnreachable"
DELETES_UNREACHABLE_VARIABLE = "PULUMI_K8S_DELETE_UNREACHABLE"  # where the configuration does not say it
KNOWN = {
    "kubeconfig",
    IDENTIFIER,
    DELETES_UNREACHABLE,
    "context",
    "namespace",
    "enableServerSideApply",
    "enableSecretMutable",
    "enablePatchForce",
    "upsertExistingObjects",
    # About warnings that only the official provider gives.
    "suppressDeprecationWarnings",
    "suppressHelmHookWarnings",
}
ENGINES_OWN = {"version", "pluginDownloadURL", "__internal"}  # about the plugin, not about the cluster


class Kubernetes(Provider):
    """Kubernetes objects and Helm releases."""

    package = "kubernetes"
    version = version("pulumi-kubernetes")

    def __init__(self) -> None:
        self._lock = Lock()
        self._commands: list[Commands] = []

    def configure(self, configuration: Properties) -> Sequence[ResourceType]:
        kubeconfig, context = configuration.get("kubeconfig"), configuration.get("context")
        if kubeconfig is UNKNOWN or context is UNKNOWN:  # a preview: the cluster is still to be made
            text = ""
        elif not kubeconfig:
            raise ProviderError("the kubernetes provider needs `kubeconfig`; it never uses one of the user's own")
        else:
            text = load_kubeconfig(str(kubeconfig), context)
        commands = Commands()
        with self._lock:
            self._commands.append(commands)
        cluster = Cluster(
            kubeconfig=text,
            namespace=configuration.get("namespace") or "default",
            commands=commands,
            secrets_change_in_place=_is_true(configuration.get("enableSecretMutable")),
            takes_over=_is_true(configuration.get("upsertExistingObjects")),
            forces=_is_true(configuration.get("enablePatchForce")),
            deletes_unreachable=_is_true(
                configuration.get(DELETES_UNREACHABLE, os.environ.get(DELETES_UNREACHABLE_VARIABLE))
            ),
        )
        return [
            Namespace(cluster),
            Secret(cluster),
            NetworkPolicy(cluster),
            ResourceQuota(cluster),
            LimitRange(cluster),
            RoleBinding(cluster),
            Release(cluster),
        ]

    def check_configuration(self, configuration: Properties) -> Iterator[tuple[str, str]]:
        for name in sorted(configuration.keys() - KNOWN - ENGINES_OWN):
            yield name, f"Slipway's kubernetes provider does not know this configuration; {INSTALL}"
        if str(configuration.get("enableServerSideApply", True)).lower() == "false":
            yield "enableServerSideApply", f"Slipway's kubernetes provider always applies on the server; {INSTALL}"

    def replaces(self, old: Properties, new: Properties) -> Sequence[str]:
        before, after = old.get(IDENTIFIER), new.get(IDENTIFIER)
        # Where one of them has none, nothing says that it is another cluster.
        return [IDENTIFIER] if before and after and before != after else []

    def cancel(self) -> None:
        with self._lock:
            running, self._commands = self._commands, []
        for commands in running:
            commands.cancel()


def _is_true(value: Any) -> bool:
    """A switch of the configuration, where the SDK writes booleans as JSON."""
    return str(value).lower() == "true"
