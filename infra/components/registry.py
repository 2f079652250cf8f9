"""The container registry: made by one stack of the account, read by the others."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.config import schema
from infra.sdk import digitalocean


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """`settings` is the stack file's `registry`."""

    settings: schema.Registry
    protect: bool


class Registry(pulumi.ComponentResource):
    """A registry.

    Attributes:
        host: what image names begin with: `registry.digitalocean.com/acme`.
        resource: for what must come after it.
        pull_configuration: a Docker configuration that may pull, secret; None where nodes need none.
    """

    host: str
    resource: pulumi.Resource
    pull_configuration: pulumi.Output[str] | None

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:registry:Registry", name, {}, opts)
        wanted = args.settings
        self.host = wanted.host
        if wanted.owned:
            self.resource = digitalocean.ContainerRegistry(
                name,
                name=wanted.name,
                subscription_tier_slug=wanted.tier,
                region=wanted.region,
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            )
        else:
            # Not `get_container_registry`: it answers nothing but nulls (terraform provider issue 1535).
            self.resource = digitalocean.ContainerRegistry.get(
                name, wanted.name, opts=pulumi.ResourceOptions(parent=self)
            )
        self.pull_configuration = self._make_pull_configuration(name, wanted)
        self.register_outputs({"host": self.host})

    def _make_pull_configuration(self, name: str, wanted: schema.Registry) -> pulumi.Output[str] | None:
        if not wanted.pull_secret:
            return None
        credentials = digitalocean.ContainerRegistryDockerCredentials(
            f"{name}-pull",
            registry_name=wanted.name,
            write=False,
            # Deleting would revoke through a fixed public address, whatever API the provider is pointed at.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.resource], retain_on_delete=True),
        )
        return pulumi.Output.secret(credentials.docker_credentials)
