"""Every fault that a test plants in the workflows, in a module for each module of rules."""

from __future__ import annotations

from tests.workflows.faults import (
    concurrency,
    deploys,
    permissions,
    preview_environments,
    results,
    secrets,
    signatures,
    triggers,
    trusted_code,
    versions,
)

MODULES = (
    concurrency,
    deploys,
    permissions,
    preview_environments,
    results,
    secrets,
    signatures,
    triggers,
    trusted_code,
    versions,
)
FAULTS = [plant for module in MODULES for plant in vars(module).values() if hasattr(plant, "rule")]
