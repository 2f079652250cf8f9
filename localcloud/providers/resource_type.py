"""What a provider knows of one resource type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from localcloud.providers.values import UNKNOWN, contains_unknown

Properties = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input property of a resource type.

    Attributes:
        required: whether a resource must have it.
        replaces: whether a change of it, or of anything below it, makes a new resource.
        replaces_below: keys of a nested value whose change makes a new resource (`size` of a cluster's `nodePool`).
        default: what the provider fills in where it is left out; None fills in nothing.
    """

    required: bool = False
    replaces: bool = False
    replaces_below: frozenset[str] = frozenset()
    default: Any = None


@dataclass(frozen=True)
class Resource:
    """A resource as the cloud has it.

    Attributes:
        identity: Pulumi's id of it.
        inputs: what a program would have to say to get it: what `refresh` compares and `import` writes.
        outputs: all of its properties; secret ones as `values.Secret`.
    """

    identity: str
    inputs: Properties
    outputs: Properties


class ResourceType(ABC):
    """One resource type of a provider.

    Attributes:
        token: Pulumi's name of the type (`digitalocean:index/vpc:Vpc`).
        inputs: every input that is known; `check` rejects all others by name.
        computed: outputs that are not inputs: unknown in the preview of a creation.
        delete_before_replace: whether the old one must be gone before a new one can be made.
    """

    token: ClassVar[str]
    inputs: ClassVar[Mapping[str, Input]]
    computed: ClassVar[frozenset[str]] = frozenset()
    delete_before_replace: ClassVar[bool] = False

    def check(self, inputs: Properties) -> Iterator[tuple[str, str]]:
        """Problems of the inputs beyond unknown and missing ones, as (property, reason); a value may be `UNKNOWN`."""
        yield from ()

    def replaces(self, keys: tuple[str | int, ...], old: Properties, new: Properties) -> bool:
        """Whether a change of the property at `keys` (`("nodePool", "size")`) makes a new resource."""
        known = self.inputs.get(str(keys[0]), Input())
        return known.replaces or not known.replaces_below.isdisjoint(keys[1:])

    def deletes_first(self, old: Properties, new: Properties) -> bool:
        """Whether, in a replacement from the `old` inputs to the `new` ones, the old resource must go first."""
        return self.delete_before_replace

    def preview(self, inputs: Properties) -> Properties:
        """The outputs that a creation would have; what only the creation will know is `UNKNOWN`."""
        return {**dict.fromkeys(self.computed, UNKNOWN), **inputs}

    def preview_update(self, resource: Resource, inputs: Properties) -> Properties:
        """The outputs that an update from `resource` to `inputs` would have."""
        unknown = dict.fromkeys(self.computed, UNKNOWN) if contains_unknown(inputs) else {}
        return {**resource.outputs, **unknown, **inputs}

    def refreshed(self, known: Properties, live: Properties) -> Properties:
        """The inputs after a refresh: those that the program gave, as the cloud has them now.

        What the cloud fills in on its own was never the program's, and is no drift.

        Args:
            known: the inputs in the state.
            live: the inputs of what `read` found.
        """
        return {name: live.get(name, value) for name, value in known.items()}

    @abstractmethod
    def create(self, inputs: Properties, timeout: float) -> Resource:
        """Create it and wait until it is ready.

        Args:
            timeout: seconds; 0 where the program sets none.

        Raises:
            ProviderError: nothing was created.
            InitializationError: it was created, and did not become ready.
        """

    @abstractmethod
    def read(self, identity: str, outputs: Properties) -> Resource | None:
        """Read it from the cloud; None where it is gone.

        Args:
            outputs: what the state knows of it; empty for `.get()` and `import`.

        Raises:
            ProviderError: the cloud cannot be asked.
            InitializationError: it is there and not as an update would leave it; the next update mends it.
        """

    @abstractmethod
    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        """Change it in place from `resource.inputs` to `inputs`.

        Raises:
            ProviderError: as for `create`.
            InitializationError: it was changed, and did not become ready.
        """

    @abstractmethod
    def delete(self, resource: Resource, timeout: float) -> None:
        """Delete it and wait until it is gone; one that is gone already is no error."""
