"""What a provider knows of one resource type."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from localcloud.providers.values import UNKNOWN, contains_unknown

Properties = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input property of a resource type.

    Attributes:
        required: whether a resource must have it.
        replaces: whether a change of it, or of anything below it, makes a new resource; a function decides by the
            old and the new value (`version` of a cluster: only a lower one).
        replaces_below: keys of a nested value whose change makes a new resource.
        default: what the provider fills in where it is left out; None fills in nothing.
        computed: whether the cloud chooses a value where it is left out. Leaving it out later keeps the value.
        ignored: whether a change of it is none, as of a password that does not make what it opens another thing.
        unordered: whether the order of its list means nothing.
        equal: whether two values mean the same (`13:00` and `13:00:00`).
        problem: what is wrong with a value, or None; not asked about one that is unknown.
        properties: those of a nested object, or of each object in a list. Where they are given, `check` rejects all
            others by name, and fills in their defaults.
    """

    required: bool = False
    replaces: bool | Callable[[Any, Any], bool] = False
    replaces_below: frozenset[str] = frozenset()
    default: Any = None
    computed: bool = False
    ignored: bool = False
    unordered: bool = False
    equal: Callable[[Any, Any], bool] = operator.eq
    problem: Callable[[Any], str | None] | None = None
    properties: Mapping[str, Input] | None = None


@dataclass(frozen=True)
class Resource:
    """A resource as the cloud has it.

    Attributes:
        identity: Pulumi's id of it.
        inputs: what a program would have to say to get it: what `refresh` compares and `import` writes.
        outputs: all of its properties; secret ones as `values.Secret`, or named in `ResourceType.secrets`.
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
        secrets: outputs that the state encrypts.
        delete_before_replace: whether the old one must be gone before a new one can be made.
        zero_is_unset: whether false, 0 and empty values mean the same as leaving an input out, as in providers made
            with Terraform's SDK.
    """

    token: ClassVar[str]
    inputs: ClassVar[Mapping[str, Input]]
    computed: ClassVar[frozenset[str]] = frozenset()
    secrets: ClassVar[frozenset[str]] = frozenset()
    delete_before_replace: ClassVar[bool] = False
    zero_is_unset: ClassVar[bool] = False

    def check(self, inputs: Properties) -> Iterator[tuple[str, str]]:
        """Problems of the inputs beyond unknown and missing ones, as (property, reason); a value may be `UNKNOWN`."""
        yield from ()

    def replaces(self, keys: tuple[str | int, ...], old: Properties, new: Properties) -> bool:
        """Whether a change of the property at `keys` makes a new resource, where `inputs` alone does not say so."""
        return False

    def deletes_first(self, old: Properties, new: Properties) -> bool:
        """Whether, in a replacement from the `old` inputs to the `new` ones, the old resource must go first."""
        return self.delete_before_replace

    def preview(self, inputs: Properties) -> Properties:
        """The outputs that a creation would have; what only the creation will know is `UNKNOWN`."""
        chosen = [name for name, known in self.inputs.items() if known.computed]
        return {**dict.fromkeys([*self.computed, *chosen], UNKNOWN), **inputs}

    def refresh_inputs(self, known: Properties, live: Properties) -> Properties:
        """The inputs that the state has after a refresh: here, those that the program gave, as the cloud has them.

        Args:
            known: the state's inputs.
            live: `Resource.inputs` of what `read` found.
        """
        return {name: live.get(name, value) for name, value in known.items()}

    def preview_update(self, resource: Resource, inputs: Properties) -> Properties:
        """The outputs that an update from `resource` to `inputs` would have."""
        unknown = dict.fromkeys(self.computed, UNKNOWN) if contains_unknown(inputs) else {}
        return {**resource.outputs, **unknown, **inputs}

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
            InitializationError: it is there and not as an update would leave it; the next update fixes it.
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
