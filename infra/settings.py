"""What a stack file says: the one reader of Pulumi's configuration.

Every stack has the same keys. What is wrong is reported all at once, each with its key, its value and what
to write instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import pulumi
from pulumi.runtime import config as runtime
from pydantic import Field, ValidationError

from infra.complaint import complaint
from infra.consistency import inconsistencies
from infra.sections import Addons, Cluster, Database, Network, Registry, Section, Service
from infra.values import Images, Label, Name, Region, Revision

PROJECT = "slipway"
SECRETS = f"{PROJECT}:secrets."  # and then <service>.<variable>


class SettingsError(pulumi.RunError):
    """The stack file is not usable; the text lists everything that is wrong with it."""


class StackSettings(Section):
    """Everything a stack file says."""

    owner: Label
    release: Revision
    images: Images
    allow_dirty: bool
    protect: bool
    region: Region
    network: Network
    cluster: Cluster
    registry: Registry
    namespace: Name
    addons: Addons
    databases: list[Database]
    services: Annotated[list[Service], Field(min_length=1)]

    @classmethod
    def from_pulumi(cls) -> StackSettings:
        """The settings of the stack that runs.

        Raises:
            SettingsError: a key is missing or unknown, or a value is not usable.
        """
        config = pulumi.Config(PROJECT)
        # Pulumi's Config answers for a key and lists none: an unknown one has to be found where it looks them up.
        present = {*runtime.CONFIG.get(), *runtime.get_config_env()}
        unknown = {key for key in present if key.startswith(f"{PROJECT}:") and not key.startswith(SECRETS)}
        keys = [key.removeprefix(f"{PROJECT}:") for key in sorted(unknown)]
        return cls.checked(configured({key: text for key in keys if (text := config.get(key)) is not None}))

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> StackSettings:
        """Validate raw values (keys without the `slipway:` prefix).

        Raises:
            SettingsError: see `from_pulumi`.
        """
        try:
            settings = cls.model_validate(dict(values))
        except ValidationError as error:
            problems = [complaint(problem, values, cls, PROJECT) for problem in error.errors()]
            raise SettingsError(_report(problems)) from None
        if problems := inconsistencies(settings):
            raise SettingsError(_report(problems))
        return settings

    def builds(self, service: str) -> bool:
        """Whether the service's image is declared here, and not looked up."""
        choice, _, names = self.images.partition(":")
        return choice == "build" and (not names or service in names.split(","))

    def clients(self, database: Database) -> list[str]:
        """The services that use a database."""
        return [service.name for service in self.services if database.engine in service.databases]

    def secrets(self) -> dict[str, dict[str, pulumi.Output[str]]]:
        """Each service's secrets by variable, from keys `slipway:secrets.<service>.<variable>`; they stay secret.

        Raises:
            SettingsError: some are not set; the text has the command for each.
        """
        config = pulumi.Config(PROJECT)
        found = {
            service.name: {name: config.get_secret(f"secrets.{service.name}.{name}") for name in service.secrets}
            for service in self.services
        }
        missing = [f"{service}.{name}" for service, of in found.items() for name in of if of[name] is None]
        if missing:
            command = f"pulumi config set --secret {SECRETS}"
            raise SettingsError(_report([f"{SECRETS}{key} is missing; run `{command}{key}`" for key in missing]))
        return {
            service: {name: value for name, value in of.items() if value is not None} for service, of in found.items()
        }


def configured(texts: Mapping[str, str]) -> dict[str, Any]:
    """Values as the stack file has them, from Pulumi's texts: structured ones reach us as JSON.

    Where text is wanted, text it stays: a commit may be written in digits alone, or as `12e45678`.
    """
    plain = {field.alias for field in StackSettings.model_fields.values() if field.annotation is str}
    return {key: text if key in plain else parsed(text) for key, text in texts.items()}


def parsed(text: str) -> Any:
    """A structured value, a number or a truth value from its JSON; any other text as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _report(problems: list[str]) -> str:
    count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
    return "\n".join([f"the stack file has {count}:", *(f"  - {problem}" for problem in problems)])
