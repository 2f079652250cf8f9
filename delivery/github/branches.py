"""The repository's long-lived branches, by two variables of the repository that every workflow passes on."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from delivery.outcome import MissingError

STAGING_BRANCH, PRODUCTION_BRANCH = "STAGING_BRANCH", "PRODUCTION_BRANCH"
# What git allows in a branch's name and a shell, a pattern and Markdown give no meaning to.
NAME = re.compile(r"(?!.*(?:\.\.|//|\.lock(?:/|$)|/\.))[A-Za-z0-9_][A-Za-z0-9._/-]*(?<![./])")


@dataclass(frozen=True)
class Branches:
    """Which branch goes where; both may be the same.

    Attributes:
        staging: what is merged to it is deployed to staging.
        production: what its workflows deploy to production.
    """

    staging: str = "develop"
    production: str = "main"

    def __post_init__(self) -> None:
        for variable, name in ((STAGING_BRANCH, self.staging), (PRODUCTION_BRANCH, self.production)):
            if not NAME.fullmatch(name):
                raise MissingError(f"{variable} is {name!r}, which names no branch; write develop or main")

    @property
    def names(self) -> tuple[str, ...]:
        """Each branch once, production's first."""
        return tuple(dict.fromkeys((self.production, self.staging)))

    @property
    def refs(self) -> tuple[tuple[str, str], ...]:
        """Each branch once, as `(kind, pattern)` of what may use an environment."""
        return tuple(("branch", name) for name in sorted(self.names))


def read_branches(variables: Mapping[str, str] | None = None) -> Branches:
    """The branches that the environment's variables name; a variable that is empty or absent has its default.

    Args:
        variables: the process's own when not given.

    Raises:
        MissingError: a variable names no branch.
    """
    values = os.environ if variables is None else variables
    default = Branches()
    return Branches(
        values.get(STAGING_BRANCH, "").strip() or default.staging,
        values.get(PRODUCTION_BRANCH, "").strip() or default.production,
    )
