"""One provider: a package's name and version, its resource types, and the configuration they are made with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Properties, ResourceType

INSTALL = "install the official provider"


class Provider(ABC):
    """A package of resource types.

    Attributes:
        package: Pulumi's name of it (`digitalocean`).
        version: that of the SDK whose programs it serves.
    """

    package: ClassVar[str]
    version: ClassVar[str]

    @abstractmethod
    def configure(self, configuration: Properties) -> Sequence[ResourceType]:
        """The resource types, ready to use with one provider configuration.

        Called once for each provider resource of a program, `pulumi:providers:<package>`.

        Raises:
            ProviderError: the configuration cannot be used.
        """

    def check_configuration(self, configuration: Properties) -> Iterator[tuple[str, str]]:
        """Problems of a configuration, as (property, reason)."""
        yield from ()

    def replaces(self, old: Properties, new: Properties) -> Sequence[str]:
        """The configuration's properties whose change replaces the provider, and so all of its resources."""
        return ()

    def cancel(self) -> None:  # noqa: B027 - most have nothing to end
        """End what runs: the user asked to stop. The provider may be configured and used again after it."""

    def invoke(self, token: str, arguments: Mapping[str, Any], configuration: Properties) -> Properties:
        """Call a function (`digitalocean:index/getAccount:getAccount`).

        Args:
            configuration: what the provider resource that it belongs to was configured with.

        Raises:
            ProviderError: it is not known here.
        """
        raise ProviderError(f"{token}: Slipway's {self.package} provider does not know this function; {INSTALL}")
