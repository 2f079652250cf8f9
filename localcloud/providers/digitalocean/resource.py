"""What all of DigitalOcean's resource types have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from localcloud.providers.difference import changes
from localcloud.providers.digitalocean.client import Client
from localcloud.providers.errors import InitializationError
from localcloud.providers.resource_type import Input, Properties, Resource, ResourceType
from localcloud.providers.values import Secret

CREATE_SECONDS = 30 * 60.0  # the official provider's default timeout for clusters, node pools and databases


class DigitalOceanType(ResourceType):
    """One resource type, behind one client."""

    zero_is_unset = True

    def __init__(self, client: Client) -> None:
        self.client = client

    def refresh_inputs(self, known: Properties, live: Properties) -> Properties:
        """The program's inputs as the cloud has them, and those that somebody else gave."""
        return refresh_inputs(known, live, self.inputs)

    def changed(self, resource: Resource, inputs: Properties) -> set[str]:
        """The inputs that the resource does not have yet.

        Compared with what it is, not with what was last asked for: so an update that failed half-way is finished.
        """
        was = _select_inputs(resource.outputs, self.inputs)
        return {str(change.keys[0]) for change in changes(was, inputs, self.inputs, zero_is_unset=True)}

    def raise_unready(self, error: Exception, identity: str, outputs: Properties) -> NoReturn:
        """Report a resource that exists and is not ready.

        Raises:
            InitializationError: always.
        """
        marked = {name: Secret(value) if name in self.secrets else value for name, value in outputs.items()}
        raise InitializationError(str(error), identity, marked) from error


def _select_inputs(outputs: Properties, schema: Mapping[str, Input]) -> Properties:
    """Those outputs that are inputs, too."""
    return {
        name: _select_inputs(value, known.properties) if known.properties and isinstance(value, dict) else value
        for name, value in outputs.items()
        if (known := schema.get(name)) is not None
    }


def refresh_inputs(known: Properties, live: Properties, schema: Mapping[str, Input]) -> Properties:
    """The inputs after a refresh.

    What the cloud chose on its own (`Input.computed`) is no drift. Any other value that the program did not give is:
    a tag, a label, a description.

    Args:
        known: the state's inputs.
        live: the inputs that the cloud would need to be as it is; one that it does not tell is left out.
    """
    inputs = {name: value for name, value in known.items() if name not in live}
    for name, value in live.items():
        input_ = schema.get(name, Input())
        if name in known:
            inputs[name] = _value(known[name], value, input_)
        elif value and not input_.computed and value != input_.default:
            inputs[name] = value
    return inputs


def _value(known: Any, live: Any, schema: Input) -> Any:
    if live is None or schema.equal(known, live):
        return known
    if schema.unordered and isinstance(live, list) and isinstance(known, list):
        return _unordered(known, live, schema)
    if schema.properties is None:
        return live
    if isinstance(known, dict) and isinstance(live, dict):
        return refresh_inputs(known, live, schema.properties)
    if isinstance(known, list) and isinstance(live, list):
        pairs = zip(known, live, strict=False)
        return [refresh_inputs(one, other, schema.properties) for one, other in pairs] + live[len(known) :]
    return live


def _unordered(known: list[Any], live: list[Any], schema: Input) -> list[Any]:
    """A list as the cloud has it, in the program's order and words where they mean the same."""
    left, kept = list(live), []
    for item in known:
        same = next((other for other in left if _is_same_item(item, other, schema)), None)
        if same is not None:
            left.remove(same)
            kept.append(item)
    return [*kept, *left]


def _is_same_item(known: Any, live: Any, schema: Input) -> bool:
    """Whether an element differs in nothing that counts: not in what the cloud chose."""
    if schema.properties is None or not isinstance(known, dict) or not isinstance(live, dict):
        return bool(known == live)
    return not changes(live, known, schema.properties, zero_is_unset=True)
