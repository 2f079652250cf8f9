"""What a preview environment is made from: main's stack file, and the services of the pull request as data.

Nothing of the pull request is run here: its stack file, its service.yaml files and its folders are read from git.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery.outcome import MissingError, RefusedError
from delivery.stack.configuration import REGISTRY, SERVICES, parse_configuration
from infra.config.document import DocumentError
from infra.config.preview_environment import PreviewEnvironment, derive_configuration
from infra.config.schema import PreviewEnvironments, StackSettings
from infra.config.service_file import read_from
from infra.config.settings import PROJECT, select_values, validate_settings
from infra.config.stack_file import load_config, parse_config_text
from infra.source.release import Release, ServiceRelease, read_from_release

KEY = f"{PROJECT}:previewEnvironments"


@dataclass(frozen=True)
class Parent:
    """The stack whose cluster, zone and registry preview environments use.

    Attributes:
        config: by full key, as main's stack file has it; the registry's host is filled in.
        settings: of its key `previewEnvironments`.
    """

    name: str
    checkout: Path
    config: Mapping[str, Any]
    settings: PreviewEnvironments


def has_environments(stack: str, checkout: Path = Path()) -> bool:
    """Whether pull requests get an environment: the stack file that is checked out has the key.

    Raises:
        MissingError: the file cannot be read.
    """
    return _load(stack, checkout).get(KEY) is not None


def read_parent(stack: str, checkout: Path = Path()) -> Parent:
    """Read the stack file that is checked out, which is main's.

    Raises:
        RefusedError: it has no preview environments.
        MissingError: it cannot be used.
    """
    name, config = f"Pulumi.{stack}.yaml", _load(stack, checkout)
    if config.get(KEY) is None:
        raise RefusedError(f"{name} has no {KEY}: pull requests get no environment; write `{KEY}: {{}}` to have them")
    registry = parse_configuration((checkout / name).read_text(encoding="utf-8"), name, read_from(checkout))[REGISTRY]
    return Parent(stack, checkout, {**config, REGISTRY: registry}, PreviewEnvironments.model_validate(config[KEY]))


def derive(parent: Parent, number: int, release: str, digests: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the configuration of an environment, by full key.

    Args:
        release: the commit of the pull request, whole.
        digests: images by service; None: not known yet.

    Raises:
        MissingError: the pull request's stack file cannot be used.
    """
    name, read = f"Pulumi.{parent.name}.yaml", read_from_release(parent.checkout, release)
    if (text := read(name)) is None:
        raise MissingError(f"{release} has no {name}, or this clone has no such commit: fetch it first")
    try:
        services = parse_config_text(text, name).get(SERVICES)
    except DocumentError as error:
        raise MissingError(str(error)) from error
    environment = PreviewEnvironment(number=number, stack=parent.name, release=release, digests=digests or {})
    return derive_configuration(parent.config, environment, read, services)


def validate(parent: Parent, config: Mapping[str, Any]) -> StackSettings:
    """Validate the configuration of an environment as the program does.

    Raises:
        SettingsError: what the pull request says of its services is not usable; the text lists every problem.
    """
    values = select_values(config)
    return validate_settings(values, checkout=None, read=read_from_release(parent.checkout, values["release"]))


def list_releases(parent: Parent, settings: StackSettings) -> dict[str, ServiceRelease]:
    """The commit of each service's image.

    Raises:
        ReleaseError: a service has no folder in the release.
    """
    release = Release(settings.release, folder=parent.checkout)
    return {name: release.of(name, each.folder, each.shares) for name, each in settings.services.items()}


def _load(stack: str, checkout: Path) -> dict[str, Any]:
    try:
        return load_config(checkout / f"Pulumi.{stack}.yaml")
    except DocumentError as error:
        raise MissingError(str(error)) from error
