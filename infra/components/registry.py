"""The container registry: made by one stack of the account, read by the others."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pulumi

from infra.config import schema
from infra.sdk import digitalocean
from infra.source.registry_login import Login, parse_login

DAY_SECONDS = 24 * 3600
# Longer than two months: each month has a login of its own, so the one in use is good for a month at least.
PUSH_SECONDS = 63 * DAY_SECONDS
NO_LOGIN = Login("", "")  # with an empty user the provider takes the login of Docker's own configuration


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """`settings` is the stack file's `registry`; `pushes`: whether this run may build images."""

    settings: schema.Registry
    pushes: bool


class Registry(pulumi.ComponentResource):
    """A registry.

    Attributes:
        host: what image names begin with: `registry.digitalocean.com/acme`.
        server: the part of it that logins are for: `registry.digitalocean.com`.
        resource: for what must come after it.
        push_login: who pushes, secret, known once the registry exists; None where this run builds nothing.
    """

    host: str
    server: str
    resource: pulumi.Resource
    push_login: pulumi.Output[Login] | None

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:registry:Registry", name, {}, opts)
        wanted = args.settings
        self.host = wanted.host
        self.server = wanted.server
        if wanted.owned:
            self.resource = digitalocean.ContainerRegistry(
                name,
                name=wanted.name,
                subscription_tier_slug=wanted.tier,
                region=wanted.region,
                opts=pulumi.ResourceOptions(parent=self),
            )
        else:
            # Not `get_container_registry`: it answers nothing but nulls (terraform provider issue 1535).
            self.resource = digitalocean.ContainerRegistry.get(
                name, wanted.name, opts=pulumi.ResourceOptions(parent=self)
            )
        self.push_login = self._make_push_login(name, wanted) if args.pushes else None
        self.register_outputs({"host": self.host})

    def _make_push_login(self, name: str, wanted: schema.Registry) -> pulumi.Output[Login]:
        """Declare credentials that may write, so that the run that makes the registry can push to it.

        They expire. The month in their name has them renewed: a new month's are made, last month's leave the state.
        """
        credentials = digitalocean.ContainerRegistryDockerCredentials(
            f"{name}-push-{dt.datetime.now(dt.UTC):%Y-%m}",
            registry_name=wanted.name,
            write=True,
            expiry_seconds=PUSH_SECONDS,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[self.resource],
                # Deleting would revoke through a fixed public address, whatever API the provider is pointed at, and
                # fails without it (terraform provider: RevokeOAuthToken). They expire by themselves.
                retain_on_delete=True,
            ),
        )
        server = self.server
        configuration: pulumi.Output[str] = pulumi.Output.secret(credentials.docker_credentials)
        return configuration.apply(lambda text: parse_login(text, server) or NO_LOGIN)
