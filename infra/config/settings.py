"""Read and validate the configuration of a stack: its stack file, and the service.yaml of each of its services.

All problems are reported at once, each with its file and line, its key, its value and what to write instead.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pulumi
from pulumi.runtime import config as runtime
from pydantic import ValidationError

from infra.config.checks import find_problems
from infra.config.document import ABSENT, Document, Location, value_at
from infra.config.error_messages import describe_error
from infra.config.names import find_example_problems, find_stack_problems
from infra.config.schema import StackSettings
from infra.config.section import DERIVED
from infra.config.service_file import SERVICES, ReadFile, combine_services, find_origin, read_from
from infra.config.service_file import Services as CombinedServices
from infra.config.stack_file import StackFileError, load_document

PROJECT = "slipway"
PULL_REQUEST = "pullRequest"
HEAD = "HEAD"  # of `release`: what is checked out
SECRETS = f"{PROJECT}:secrets."  # and then <service>.<variable>
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
FOLLOWING = {("registry", key) for key in DERIVED["Registry"]}  # wrong only if what they follow from is
KEY = re.compile(rf"{PROJECT}:([A-Za-z0-9_./\[\]-]+?)(?=[ :;,]|$)")  # which a problem begins with


class SettingsError(pulumi.RunError):
    """The configuration is not usable; the text lists every problem."""


def read_settings(read_release: Callable[[str], ReadFile] | None = None) -> StackSettings:
    """Read the settings of the current stack.

    Args:
        read_release: returns what reads a file of a commit. The services of a preview environment are the pull
            request's, which is not what is checked out, unless its release is HEAD.

    Raises:
        SettingsError: a key is missing or unknown, or a value is not usable.
    """
    config, stack = pulumi.Config(PROJECT), pulumi.get_stack()
    keys = [key for key in configured_keys() if key != SECRETS.rstrip(".") and not key.startswith(SECRETS)]
    if encrypted := [key for key in keys if is_secret(key)]:
        raise SettingsError(report_problems([_describe_secret(key) for key in encrypted]))
    keys = [key.removeprefix(f"{PROJECT}:") for key in keys]
    values = parse_config({key: text for key in keys if (text := config.get(key)) is not None})
    file = _read_stack_file(stack)
    release = str(values.get("release", HEAD))
    if read_release is not None and values.get(PULL_REQUEST) is not None and release != HEAD:
        settings = validate_settings(values, file=file, checkout=None, read=read_release(release))
    else:
        settings = validate_settings(values, file=file)
    problems = find_stack_problems(settings, PROJECT, stack)
    if is_real_account():
        problems += find_example_problems(settings)
    if problems:
        raise SettingsError(report_problems([_name_place(each, file, CombinedServices()) for each in problems]))
    return settings


def is_real_account() -> bool:
    """Return whether the provider calls DigitalOcean, and not an emulated API on this machine."""
    endpoint = pulumi.Config("digitalocean").get("apiEndpoint") or os.environ.get("DIGITALOCEAN_API_URL", "")
    return (urlsplit(endpoint).hostname or "") not in LOOPBACK


def configured_keys() -> list[str]:
    """Return the keys of this project that are set, sorted.

    Pulumi's Config answers for a key and lists none: an unknown one has to be found where it looks them up.
    """
    return sorted(key for key in {*runtime.CONFIG.get(), *runtime.get_config_env()} if key.startswith(f"{PROJECT}:"))


def is_secret(key: str) -> bool:
    """Return whether the engine keeps a key, or a part of it, encrypted."""
    return runtime.is_config_secret(key) or key in runtime.get_config_secret_keys_env()


def validate_config(
    config: Mapping[str, Any], *, file: Document | None = None, checkout: Path = Path(), read: ReadFile | None = None
) -> StackSettings:
    """Validate a stack file's whole configuration, by full key; other projects' keys and secrets are left out.

    Args:
        file: the stack file; its lines are named in errors.
        checkout: the root of the repository, with the services' folders.
        read: reads a file of the repository, such as `backend/service.yaml`; None: from `checkout`.

    Raises:
        SettingsError: see `read_settings`.
    """
    return validate_settings(select_values(config), file=file, checkout=checkout, read=read)


def select_values(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return this project's values of a stack file without its prefix; secrets are left out.

    `pulumi stack init` and `pulumi config set` write the whole file anew, and a number or a truth value at its top
    level in quotes: to Pulumi the two are the same, and so they are here.
    """
    own = {key: value for key, value in config.items() if key.startswith(f"{PROJECT}:")}
    return parse_config(
        {key.removeprefix(f"{PROJECT}:"): value for key, value in own.items() if not key.startswith(SECRETS)}
    )


def validate_settings(
    values: Mapping[str, Any],
    *,
    file: Document | None = None,
    checkout: Path | None = Path(),
    read: ReadFile | None = None,
) -> StackSettings:
    """Validate raw values (keys without the `slipway:` prefix).

    Args:
        file, checkout, read: as for `validate_config`; without a checkout the services' folders are not looked at.

    Raises:
        SettingsError: see `read_settings`.
    """
    services = combine_services(values.get(SERVICES, ABSENT), read or read_from(checkout or Path()))
    whole = {**values, SERVICES: services.values}
    problems = list(services.problems)
    try:
        settings = StackSettings.model_validate(whole)
    except ValidationError as error:
        for each in error.errors():
            follows = each["loc"] in FOLLOWING and value_at(whole, each["loc"]) is ABSENT
            if not follows and not (problems and each["loc"] == (SERVICES,)):
                problems.append(describe_error(each, whole, StackSettings, PROJECT))
        problems = list(dict.fromkeys(problems))
    else:
        problems += find_problems(settings, checkout)
    if problems:
        raise SettingsError(report_problems([_name_place(each, file, services) for each in problems]))
    return settings


def parse_config(values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert Pulumi's texts to the stack file's values: structured ones reach us as JSON. Other values stay.

    A value whose type is text stays text: a commit may be written in digits alone, or as `12e45678`.
    """
    plain = {field.alias for field in StackSettings.model_fields.values() if field.annotation is str}
    return {
        key: parse_value(value) if isinstance(value, str) and key not in plain else value
        for key, value in values.items()
    }


def parse_value(text: str) -> Any:
    """A structured value, a number or a truth value from its JSON; any other text as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def report_problems(problems: list[str]) -> str:
    """Return one text for a list of problems."""
    count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
    return "\n".join([f"the configuration has {count}:", *(f"  - {problem}" for problem in problems)])


def _read_stack_file(stack: str) -> Document | None:
    """The committed stack file, for its lines; Pulumi may have been given another one."""
    try:
        return load_document(Path(f"Pulumi.{stack}.yaml"))
    except StackFileError:
        return None


def _name_place(problem: str, stack: Document | None, services: CombinedServices) -> str:
    """Put the file and the line before a problem, where they are known."""
    found = KEY.match(problem)
    if found is None:
        return problem
    location = _location(found[1])
    file, place = find_origin(location, stack, services)
    if file is None:
        return problem
    line = file.line_of(place)
    key = _key_in(place) if file is not stack else found[0]
    return f"{file.name}{f':{line}' if line else ''}: {key}{problem[found.end() :]}"


def _location(key: str) -> Location:
    """The place that a key names: `cluster.workloadPools[0].name`."""
    parts = re.findall(r"[^.\[\]]+|\[\d+\]", key)
    return tuple(int(part[1:-1]) if part.startswith("[") else part for part in parts)


def _key_in(place: Location) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def _describe_secret(key: str) -> str:
    return (
        f"{key} has an encrypted value, and Pulumi would store all of it, and show some of it, in clear text; write "
        f"the value in clear, or make it a secret of a service: remove it, run `pulumi config set --secret "
        f"{SECRETS}<service>.<variable>`, and write the variable in `secrets` of the service"
    )
