"""Read a stack file and the service.yaml of each service, at any release: older ones had other keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from delivery.outcome import MissingError
from infra.config.document import DocumentError
from infra.config.schema import DIGITALOCEAN_REGISTRY
from infra.config.service_file import ReadFile, combine_services, read_from
from infra.config.stack_file import parse_config_text

SERVICES, REGISTRY, IMAGES = "slipway:services", "slipway:registry", "slipway:images"
BUDGET = "slipway:budget"


def read_configuration(stack: str, checkout: Path = Path()) -> dict[str, Any]:
    """Return the committed configuration of a stack in a checkout; see `parse_configuration`.

    Raises:
        MissingError: there is none, or it is something else.
    """
    name, read = f"Pulumi.{stack}.yaml", read_from(checkout)
    try:
        text = read(name)
    except DocumentError as error:
        raise MissingError(str(error)) from error
    if text is None:
        raise MissingError(f"cannot read {checkout / name}: there is no such file")
    return parse_configuration(text, name, read)


def parse_configuration(text: str, name: str, read: ReadFile) -> dict[str, Any]:
    """Return the configuration in the text of a stack file, by full key.

    `slipway:services` has each service's keys by its name, with `name` and `folder`; what the registry and `images`
    leave out is filled in.

    Args:
        name: of the file, for errors.
        read: reads a file of the same commit.

    Raises:
        MissingError: it cannot be used.
    """
    try:
        config = parse_config_text(text, name)
    except DocumentError as error:
        raise MissingError(str(error)) from error
    registry = config.get(REGISTRY)
    if not isinstance(registry, Mapping) or not isinstance(registry.get("name"), str):
        raise MissingError(f"{name}: {REGISTRY}.name is missing; write the name of the container registry")
    if not isinstance(registry.get("host", ""), str):
        raise MissingError(f"{name}: {REGISTRY}.host is no text; write one such as {DIGITALOCEAN_REGISTRY}/acme")
    return {
        **config,
        IMAGES: str(config.get(IMAGES, "build")),
        REGISTRY: {"host": f"{DIGITALOCEAN_REGISTRY}/{registry['name']}", **registry},
        SERVICES: _services(config.get(SERVICES), name, read),
    }


def _services(entries: Any, name: str, read: ReadFile) -> dict[str, dict[str, Any]]:
    if isinstance(entries, list):  # of releases before services had files of their own
        return dict(_read_entry(entry, f"{name}: {SERVICES}[{at}]") for at, entry in enumerate(entries))
    services = combine_services(entries, read)
    if services.problems:
        raise MissingError("\n".join(f"{name}: {problem}" for problem in services.problems))
    return services.values


def _read_entry(entry: Any, place: str) -> tuple[str, dict[str, Any]]:
    if not isinstance(entry, Mapping) or not all(isinstance(entry.get(key), str) for key in ("name", "context")):
        raise MissingError(f"{place} is no service with `name` and `context`, as it had before services had files")
    return entry["name"], {**entry, "folder": entry["context"]}
