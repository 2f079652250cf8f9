"""The committed stack files, as the settings they hold."""

from __future__ import annotations

from pathlib import Path

from infra.config.document import parse_document
from infra.config.service_file import combine_services, read_from
from infra.config.settings import parse_value, validate_config
from infra.config.stack_file import load_config

STACKS = ("staging", "prod", "local")
ROOT = Path(__file__).parents[1]


def settings_of(stack: str) -> dict:
    """What is written in a stack file: `services` has what differs from each service.yaml."""
    config = load_config(ROOT / f"Pulumi.{stack}.yaml")
    return {
        key.removeprefix("slipway:"): parse_value(value) if isinstance(value, str) else value
        for key, value in config.items()
        if key.startswith("slipway:") and not key.startswith("slipway:secrets.")  # those are each team's own
    }


def services_of(stack: str) -> dict[str, dict]:
    """Each service's keys, as its service.yaml and the stack file have them together."""
    return combine_services(settings_of(stack)["services"], read_from(ROOT)).values


def whole_settings_of(stack: str) -> dict:
    """Every key of a stack with its value, defaults included."""
    file = ROOT / f"Pulumi.{stack}.yaml"
    document = parse_document(file.read_text(), file.name)
    return validate_config(document.content["config"], file=document, read=read_from(ROOT)).model_dump(by_alias=True)
