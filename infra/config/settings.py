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
from infra.config.names import find_stack_problems
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
    keys = [key for key in configured_keys() if key != SECRETS.rstrip(".") and not key.startswith(SECRETS)]
    if encrypted := [key for key in keys if is_secret(key)]:
        raise SettingsError(report_problems([_describe_secret(key) for key in encrypted]))
    keys = [key.removeprefix(f"{PROJECT}:") for key in keys]
    settings = validate_settings(parse_config({key: text for key in keys if (text := config.get(key)) is not None}))
    if problems := find_stack_problems(settings, PROJECT, pulumi.get_stack()):
        raise SettingsError(report_problems(problems))
    return settings


def configured_keys() -> list[str]:
    """Return the keys of this project that are set, sorted.

    Pulumi's Config answers for a key and lists none: an unknown one has to be found where it looks them up.
    """
    return sorted(key for key in {*runtime.CONFIG.get(), *runtime.get_config_env()} if key.startswith(f"{PROJECT}:"))


def is_secret(key: str) -> bool:
    """Return whether the engine keeps a key, or a part of it, encrypted."""
    return runtime.is_config_secret(key) or key in runtime.get_config_secret_keys_env()


def validate_settings(values: Mapping[str, Any]) -> StackSettings:
    """Validate raw values (keys without the `slipway:` prefix).

    Raises:
        SettingsError: see `read_settings`.
    """
    try:
        settings = StackSettings.model_validate(dict(values))
    except ValidationError as error:
        problems = [describe_error(problem, values, StackSettings, PROJECT) for problem in error.errors()]
        raise SettingsError(report_problems(problems)) from None
    if problems := find_problems(settings):
        raise SettingsError(report_problems(problems))
    return settings


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


def _describe_secret(key: str) -> str:
    return (
        f"{key} has an encrypted value, and Pulumi would store all of it, and show some of it, in clear text; write "
        f"the value in clear, or make it a secret of a service: remove it, run `pulumi config set --secret "
        f"{SECRETS}<service>.<variable>`, and write the variable in `secrets` of the service"
    )


def report_problems(problems: list[str]) -> str:
    """Return one text for a list of problems."""
    count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
    return "\n".join([f"the stack file has {count}:", *(f"  - {problem}" for problem in problems)])
