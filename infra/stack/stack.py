"""What is known of a stack before anything is declared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi

from infra.config.schema import StackSettings
from infra.config.settings import PROJECT, read_settings
from infra.naming import Naming
from infra.source.release import read_from_release
from infra.stack_state import StackState


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What is known of the stack before anything is declared."""

    settings: StackSettings
    naming: Naming
    state: StackState


def read_stack() -> Stack:
    """The stack file, checked, and what the stack has already."""
    settings = read_settings(lambda release: read_from_release(Path(), release))
    naming = Naming(
        project=PROJECT,
        stack=pulumi.get_stack(),
        owner=settings.owner,
        namespace=settings.namespace,
        gateway_of=settings.pull_request.stack if settings.pull_request else None,
    )
    return Stack(settings=settings, naming=naming, state=StackState.read())
