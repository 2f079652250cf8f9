"""Where the programs of one backend keep their files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class BackendPlace:
    """The folders of one backend: what a Supervisor asks of an instance.

    Attributes:
        home: state that outlives the programs.
        run: sockets, so its path is short; no other place on the machine has this folder.
    """

    home: Path
    run: Path

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def create_folders(self) -> None:
        """Make the folders, readable by their owner alone."""
        for folder in (self.home, self.logs, self.run):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
