"""The committed stack files, as the settings they hold."""

from __future__ import annotations

from pathlib import Path

from infra.config.settings import parse_value
from infra.config.stack_file import load_config

STACKS = ("staging", "prod", "local")


def settings_of(stack: str) -> dict:
    file = Path(__file__).parents[1] / f"Pulumi.{stack}.yaml"
    config = load_config(file)
    return {
        key.removeprefix("slipway:"): parse_value(value) if isinstance(value, str) else value
        for key, value in config.items()
        if key.startswith("slipway:") and not key.startswith("slipway:secrets.")  # those are each team's own
    }
