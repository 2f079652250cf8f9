"""Read and validate the configuration of a stack.

Every stack has the same keys. All problems are reported at once, each with its key, its value and what to write
instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import config as runtime
from pydantic import ValidationError

from infra.config.checks import find_problems
from infra.config.error_messages import describe_error
from infra.config.schema import StackSettings

PROJECT = "slipway"
SECRETS = f"{PROJECT}:secrets."  # and then <service>.<variable>


class SettingsError(pulumi.RunError):
    """The stack file is not usable; the text lists every problem."""


def read_settings() -> StackSettings:
    """Read the settings of the current stack.

    Raises:
        SettingsError: a key is missing or unknown, or a value is not usable.
    """
    config = pulumi.Config(PROJECT)
    # Pulumi's Config answers for a key and lists none: an unknown one has to be found where it looks them up.
    present = {*runtime.CONFIG.get(), *runtime.get_config_env()}
    unknown = {key for key in present if key.startswith(f"{PROJECT}:") and not key.startswith(SECRETS)}
    keys = [key.removeprefix(f"{PROJECT}:") for key in sorted(unknown)]
    return validate_settings(parse_config({key: text for key in keys if (text := config.get(key)) is not None}))


def validate_settings(values: Mapping[str, Any]) -> StackSettings:
    """Validate raw values (keys without the `slipway:` prefix).

    Raises:
        SettingsError: see `read_settings`.
    """
    try:
        settings = StackSettings.model_validate(dict(values))
    except ValidationError as error:
        problems = [describe_error(problem, values, StackSettings, PROJECT) for problem in error.errors()]
        raise SettingsError(_report(problems)) from None
    if problems := find_problems(settings):
        raise SettingsError(_report(problems))
    return settings


def read_secrets(settings: StackSettings) -> dict[str, dict[str, pulumi.Output[str]]]:
    """Read each service's secrets by variable, from keys `slipway:secrets.<service>.<variable>`; they stay secret.

    Raises:
        SettingsError: some are not set; the text has the command for each.
    """
    config = pulumi.Config(PROJECT)
    found = {
        service.name: {name: config.get_secret(f"secrets.{service.name}.{name}") for name in service.secrets}
        for service in settings.services
    }
    missing = [f"{service}.{name}" for service, of in found.items() for name in of if of[name] is None]
    if missing:
        command = f"pulumi config set --secret {SECRETS}"
        raise SettingsError(_report([f"{SECRETS}{key} is missing; run `{command}{key}`" for key in missing]))
    return {
        service: {name: value for name, value in of.items() if value is not None} for service, of in found.items()
    }


def parse_config(texts: Mapping[str, str]) -> dict[str, Any]:
    """Convert Pulumi's texts to the stack file's values: structured ones reach us as JSON.

    A value whose type is text stays text: a commit may be written in digits alone, or as `12e45678`.
    """
    plain = {field.alias for field in StackSettings.model_fields.values() if field.annotation is str}
    return {key: text if key in plain else parse_value(text) for key, text in texts.items()}


def parse_value(text: str) -> Any:
    """A structured value, a number or a truth value from its JSON; any other text as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _report(problems: list[str]) -> str:
    count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
    return "\n".join([f"the stack file has {count}:", *(f"  - {problem}" for problem in problems)])
