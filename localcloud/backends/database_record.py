"""What the databases' backend remembers of each database, in a file that only its owner can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from localcloud.api.database_backend import DatabaseSpec

FILE = "database.json"
DOMAIN = "db.slipway.internal"


@dataclass(frozen=True, kw_only=True)
class DatabaseRecord:
    """A database, and what was ever made in it.

    Attributes:
        users: made by the backend and not yet dropped; a client's own are not among them.
        databases: likewise.
    """

    spec: DatabaseSpec
    address: str
    users: Sequence[str]
    databases: Sequence[str]

    @property
    def host(self) -> str:
        """Its name, in the form of DigitalOcean's."""
        return f"{self.spec.name}-do-user-0-0.{DOMAIN}"

    @property
    def hosts(self) -> list[str]:
        """All of its names: DigitalOcean's databases have one more in their private network."""
        return [self.host, f"private-{self.host}"]


_RECORD = TypeAdapter(DatabaseRecord)


def read_records(folder: Path) -> dict[str, DatabaseRecord]:
    """Every record below `folder`, by the database's id."""
    files = sorted(folder.glob(f"*/{FILE}"))
    return {file.parent.name: _RECORD.validate_json(file.read_bytes()) for file in files}


def write_record(folder: Path, record: DatabaseRecord) -> None:
    """Write a record below `folder`: whole or not at all."""
    file = folder / record.spec.id / FILE
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)  # it has passwords
    partial.write_bytes(_RECORD.dump_json(record))
    partial.replace(file)
