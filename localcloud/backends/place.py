"""Where a backend of one account keeps its files and its sockets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from localcloud.instance import Instance


@dataclass(frozen=True, kw_only=True)
class BackendPlace:
    """The folders of one backend; its Supervisor is found by `run`."""

    home: Path
    run: Path

    @classmethod
    def of(cls, instance: Instance, backend: str) -> BackendPlace:
        """The place of a backend, by its name, in an instance."""
        home = instance.home / "backends" / backend
        return cls(home=home, run=instance.run.with_name(f"{instance.number}-{backend}"))

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def create_folders(self) -> None:
        """Make the folders, readable by their owner alone."""
        for folder in (self.home, self.logs):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
