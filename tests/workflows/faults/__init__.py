"""Every fault that a test plants in the workflows, in a module for each module of rules."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

MODULES = [import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)]
FAULTS = [plant for module in MODULES for plant in vars(module).values() if hasattr(plant, "rule")]
