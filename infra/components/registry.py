"""The container registry: made by one stack of the account, read by the others."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.config import schema
from infra.sdk import digitalocean
from infra.source.registry_login import Login, request_push_login

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
        self.push_login = self._request_push_login(wanted) if args.pushes else None
        self.register_outputs({"host": self.host})

    def _request_push_login(self, wanted: schema.Registry) -> pulumi.Output[Login]:
        """Ask for a login that may push, once the registry is there.

        No resource, which would have to be valid until the next run: this one is in the state, too, as an input of
        the images, and by then has ended. A preview pushes nothing and asks for none.
        """
        if pulumi.runtime.is_dry_run():
            return pulumi.Output.secret(NO_LOGIN)

        async def request(_: str) -> Login:
            return await request_push_login(wanted.name, wanted.server) or NO_LOGIN

        return pulumi.Output.secret(self.resource.urn.apply(request))
