"""DigitalOcean's SDK, of which only the modules that are used are imported.

`import pulumi_digitalocean` imports every resource that DigitalOcean has: 300 modules that this program never uses.
Here the package begins empty, and a class is imported from its own module when it is first named. Whatever has no
module of its own loads the whole package, as the plain import does.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pulumi_digitalocean as digitalocean

__all__ = ["digitalocean"]

PACKAGE = "pulumi_digitalocean"
NESTED = "_inputs"  # the module of every nested argument class


def _import_package() -> ModuleType:
    """The package, imported in part where nobody has imported it whole."""
    if PACKAGE in sys.modules:
        return sys.modules[PACKAGE]
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{PACKAGE} is not installed: run `make setup`", name=PACKAGE)
    package, loader = importlib.util.module_from_spec(spec), spec.loader
    sys.modules[PACKAGE] = package

    def find(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        own = _has_module(name)  # `from . import outputs` asks for it before it imports it
        for module in (name,) if own else filter(_has_module, (_module_name(name), NESTED)):
            found = getattr(importlib.import_module(f"{PACKAGE}.{module}"), name, None)
            if found is not None:
                setattr(package, name, found)  # a function is in a module of its name, which the import put here
                return found
        if own:
            raise AttributeError(name)
        del package.__getattr__  # the real package has what it has
        loader.exec_module(package)
        return getattr(package, name)

    package.__getattr__ = find  # type: ignore[method-assign]
    return package


def _has_module(name: str) -> bool:
    return importlib.util.find_spec(f"{PACKAGE}.{name}") is not None


def _module_name(name: str) -> str:
    """The module of a class: `KubernetesCluster` is in `kubernetes_cluster`, and so is `KubernetesClusterArgs`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.removesuffix("Args")).lower()


if not TYPE_CHECKING:
    digitalocean = _import_package()
