"""The registry of a stack, by its stack file, and the logins that its own account gives out for it.

`docker login` keeps one login for a host, and every registry of DigitalOcean has the same. So two registries at once
take two logins, each from the API of its account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery.account.connection import TOKEN
from delivery.account.digitalocean import DigitalOcean
from delivery.outcome import RefusedError
from infra.source.registry_login import Login


@dataclass(frozen=True)
class StackRegistry:
    """A registry.

    Attributes:
        stack: the name of the stack.
        name: DigitalOcean's name of it.
        host: what image names begin with: `registry.digitalocean.com/acme`.
        owned: whether the stack creates it.
        endpoint: of the API of its account; None: the public one.
    """

    stack: str
    name: str
    host: str
    owned: bool
    endpoint: str | None

    @classmethod
    def of(cls, stack: str, config: Mapping[str, Any]) -> StackRegistry:
        """The registry that a stack file's configuration names."""
        registry = config["slipway:registry"]
        owned, endpoint = bool(registry.get("owned", True)), config.get("digitalocean:apiEndpoint")
        return cls(stack, registry["name"], registry["host"], owned, endpoint)

    @property
    def server(self) -> str:
        """The host that logins are for, without the registry's name."""
        return self.host.partition("/")[0]

    def exists(self) -> bool:
        """Whether the stack's account has the registry.

        Raises:
            MissingError, UnreachableError: as for `login`.
        """
        with DigitalOcean(endpoint=self.endpoint) as account:
            return account.has_registry(self.name)

    def login(self, variable: str = TOKEN, *, write: bool = False) -> Login:
        """A login from the API.

        Args:
            variable: of the environment, with a token of the registry's account.

        Raises:
            RefusedError: the account gives none: it has no such registry.
            MissingError: no token, or one without the right.
            UnreachableError: the API does not answer.
        """
        if (login := self.find_login(variable, write=write)) is None:
            raise RefusedError(
                f"the account of {variable} gives no login to {self.host}, which Pulumi.{self.stack}.yaml names: "
                f"it has no registry {self.name!r}"
            )
        return login

    def find_login(self, variable: str = TOKEN, *, write: bool = False) -> Login | None:
        """The same; None where the account gives none: its registry does not exist, or is on another host."""
        with DigitalOcean(variable, self.endpoint) as account:
            return account.registry_login(self.name, self.server, write=write)
