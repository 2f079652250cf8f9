"""The committed stack files, as the settings they hold."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path

from infra.config.document import parse_document
from infra.config.service_file import read_from
from infra.config.settings import validate_config

STACKS = ("staging", "prod", "local")
EXAMPLE = ("backend", "chatbot-backend", "chatbot-frontend")  # a team adds its own services to these
ROOT = Path(__file__).parents[1]


def config_of(stack: str) -> dict:
    """What is written in a stack file, by full key."""
    return copy.deepcopy(_document(stack).content["config"])


def settings_of(stack: str) -> dict:
    """Every key of a stack with its value; `services` has what is written there."""
    return {**copy.deepcopy(_whole(stack)), "services": config_of(stack)["slipway:services"]}


def services_of(stack: str) -> dict[str, dict]:
    """Each service, every key with its value."""
    return copy.deepcopy(_whole(stack)["services"])


@cache
def _document(stack):
    file = ROOT / f"Pulumi.{stack}.yaml"
    return parse_document(file.read_text(), file.name)


@cache
def _whole(stack):
    document = _document(stack)
    config = {key: value for key, value in document.content["config"].items() if ":secrets." not in key}
    return validate_config(config, file=document, read=read_from(ROOT)).model_dump(by_alias=True)
