"""Another stack's cluster and registry, as a preview environment uses them: nothing of either is declared."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

from infra.config import schema
from infra.config.settings import SettingsError
from infra.source.registry_login import Login

KUBECONFIG = "KUBECONFIG"  # as kubectl reads it: a file that says who deploys preview environments
DOCKERS_OWN = Login("", "")  # with an empty user the provider takes the login of Docker's own configuration


class SharedCluster(pulumi.ComponentResource):
    """The cluster of the stack whose name is given.

    The provider gets the kubeconfig's path: a state keeps what it gets, and must have no credential. A stack is
    destroyed with what its state has.

    Attributes:
        kubeconfig: its text, secret.
        provider: for resources inside the cluster.

    Raises:
        SettingsError: no kubeconfig.
    """

    kubeconfig: pulumi.Output[str]
    provider: kubernetes.Provider

    def __init__(self, name: str, stack: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:cluster:SharedCluster", name, {}, opts)
        path = _find_kubeconfig()
        self.kubeconfig = pulumi.Output.secret(_read_kubeconfig(path))
        self.provider = kubernetes.Provider(
            name,
            kubeconfig=path,
            cluster_identifier=stack,  # only this replaces the provider; another path must not
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


@dataclass(frozen=True)
class SharedRegistry:
    """The registry of a stack file's `registry`; images are pushed with the login of Docker's own configuration.

    Attributes:
        resource: for what must come after it.
    """

    settings: schema.Registry
    resource: pulumi.Resource

    @property
    def host(self) -> str:
        """What image names begin with."""
        return self.settings.host

    @property
    def server(self) -> str:
        """The part of it that logins are for."""
        return self.settings.server

    @property
    def push_login(self) -> pulumi.Output[Login]:
        """Docker's own."""
        return pulumi.Output.secret(DOCKERS_OWN)


def _find_kubeconfig() -> str:
    name = os.environ.get(KUBECONFIG)
    if not name:
        raise SettingsError(f"set {KUBECONFIG} to a file; `slipway preview-environment up` does")
    return name


def _read_kubeconfig(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{KUBECONFIG}: cannot read {name}: {error}") from error
