"""What must hold of the workflows, and no linter knows: who may do what, with which secrets, in which order.

Each rule yields what breaks it, as sentences. test_workflows.py holds the repository to all of them;
test_planted_faults.py breaks the workflows one way after another, and expects the rule that is for it.
"""

from __future__ import annotations

from importlib import import_module
from inspect import isgeneratorfunction
from pkgutil import iter_modules

MODULES = [import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)]
RULES = [
    rule
    for module in MODULES
    for rule in vars(module).values()
    if isgeneratorfunction(rule) and rule.__module__ == module.__name__
]
