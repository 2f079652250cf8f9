"""The branches that are deployed, as `.github/workflows/ci.yml` names them: the one place where a team sets them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery.outcome import MissingError
from infra.config.document import DocumentError, parse_document

CI = Path(".github/workflows/ci.yml")


@dataclass(frozen=True)
class Branches:
    """Names of branches.

    Attributes:
        production: the default branch, whose workflows run.
        staging: what staging runs; the same one in a repository that has no other.
    """

    production: str
    staging: str

    @property
    def names(self) -> tuple[str, ...]:
        """Each once."""
        return tuple(dict.fromkeys((self.production, self.staging)))

    @property
    def remote(self) -> tuple[str, ...]:
        """As a clone has them from GitHub."""
        return tuple(f"origin/{name}" for name in self.names)


def find_branches(checkout: Path = Path()) -> Branches:
    """Return the branches under `on.push.branches` of ci.yml: production's, then staging's.

    Raises:
        MissingError: the file names none, or more than two, or patterns.
    """
    file = checkout / CI
    try:
        names = _read_names(parse_document(file.read_text(encoding="utf-8"), str(CI)).content)
    except (OSError, UnicodeDecodeError, DocumentError) as error:
        raise MissingError(f"cannot read the branches that are deployed: {error}") from error
    if not names or len(names) > 2 or not all(isinstance(name, str) and name.strip("*!?[]+ ") == name for name in names):
        raise MissingError(
            f"{CI}: on.push.branches is {names!r}; write prod's branch and staging's, such as [main, develop], or one for both"
        )
    return Branches(names[0], names[-1])


def _read_names(workflow: Any) -> Any:
    try:
        return workflow["on"]["push"]["branches"]
    except (KeyError, TypeError):
        return None
