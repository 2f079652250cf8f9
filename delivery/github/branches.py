"""The branches that are deployed, as `.github/workflows/ci.yml` names them: the one place where a team sets them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from delivery.outcome import MissingError
from infra.config.document import DocumentError, parse_document

CI = Path(".github/workflows/ci.yml")
# What git allows in a branch's name and a shell, a pattern and Markdown give no meaning to.
NAME = re.compile(r"(?!.*(?:\.\.|//|\.lock(?:/|$)|/\.))[A-Za-z0-9_][A-Za-z0-9._/-]*(?<![./])")


@dataclass(frozen=True)
class Branches:
    """Which branch goes where; both may be the same.

    Attributes:
        staging: what is merged to it is deployed to staging.
        production: the default branch, whose workflows run.
    """

    staging: str = "develop"
    production: str = "main"

    @property
    def names(self) -> tuple[str, ...]:
        """Each branch once, production's first."""
        return tuple(dict.fromkeys((self.production, self.staging)))

    @property
    def refs(self) -> tuple[tuple[str, str], ...]:
        """Each branch once, as `(kind, pattern)` of what may use an environment."""
        return tuple(("branch", name) for name in sorted(self.names))

    @property
    def remote(self) -> tuple[str, ...]:
        """Each branch once, as a clone has it from GitHub."""
        return tuple(f"origin/{name}" for name in self.names)


def read_branches(checkout: Path = Path()) -> Branches:
    """Return the branches under `on.push.branches` of ci.yml: production's, then staging's.

    Raises:
        MissingError: the file cannot be read, or names something else.
    """
    try:
        return _parse_branches((checkout / CI).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, DocumentError) as error:
        raise MissingError(f"cannot read the branches that are deployed: {error}") from error


@cache
def _parse_branches(text: str) -> Branches:
    """Parse ci.yml once: a command asks for the branches several times, and each parse takes about 40 ms."""
    names = _find_names(parse_document(text, str(CI)).content)
    if not isinstance(names, list) or len(names) not in {1, 2} or not all(_is_name(name) for name in names):
        raise MissingError(
            f"{CI}: on.push.branches is {names!r}; write prod's branch and staging's, such as [main, develop], or one"
        )
    return Branches(staging=names[-1], production=names[0])


def _find_names(workflow: Any) -> Any:
    try:
        return workflow["on"]["push"]["branches"]
    except (KeyError, TypeError):
        return None


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and NAME.fullmatch(name) is not None
