"""Checks of a preview environment, whose services are a pull request's: nobody has reviewed them yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.config.schema import StackSettings


def find_preview_environment_problems(settings: StackSettings) -> Iterator[str]:
    """Find Secrets that a pull request's pods would read: DOKS keeps the registry's login in each namespace.

    What else they may not do is left out when the environment is derived: `infra.config.preview_environment`.
    """
    if settings.pull_request is None:
        return
    for name, service in settings.services.items():
        for part in ("pod", "container"):
            for place in _find_secrets(getattr(service, part), part):
                yield (
                    f"slipway:services.{name}.{place} reads a Secret, which pods of a preview environment may not; "
                    "remove it, or write the variable in `secrets`"
                )


def _find_secrets(value: Any, place: str) -> Iterator[str]:
    """The places of keys that name a Secret: `secret`, `secretRef`, `secretKeyRef`, `nodePublishSecretRef` …."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if "secret" in str(key).lower():
                yield f"{place}.{key}"
            else:
                yield from _find_secrets(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _find_secrets(inner, f"{place}[{at}]")
