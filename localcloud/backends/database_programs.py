"""Where the programs of database servers are, and the accounts they run as."""

from __future__ import annotations

import pwd
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

POSTGRESQL = Path("/usr/lib/postgresql")  # Debian's: a folder for each version
SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"  # not on every user's PATH


class MissingServerError(RuntimeError):
    """A server's program, or its account, is not installed; the text says what to install."""


@dataclass(frozen=True)
class Program:
    """A program of a Debian package, under one of its names."""

    package: str
    names: tuple[str, ...]

    def find(self) -> Path:
        """Its path.

        Raises:
            MissingServerError: it is not there.
        """
        for name in self.names:
            if path := shutil.which(name) or shutil.which(name, path=SYSTEM_FOLDERS):
                return Path(path)
        raise MissingServerError(f"{self.names[-1]} is missing: run `apt-get install {self.package}`")


PGBOUNCER = Program("pgbouncer", ("pgbouncer",))
VALKEY_SERVER = Program("redis-server", ("valkey-server", "redis-server"))
VALKEY_CLIENT = Program("redis-tools", ("valkey-cli", "redis-cli"))


def postgresql_programs(data: Path) -> Path:
    """The folder of PostgreSQL's programs: of the version that made `data`, else of the newest.

    Raises:
        MissingServerError: none is installed, or not that version.
    """
    version = data / "PG_VERSION"
    wanted = version.read_text().strip() if version.exists() else "*"
    folders = [path.parent for path in POSTGRESQL.glob(f"{wanted}/bin/postgres")]
    if not folders:
        package = "postgresql" if wanted == "*" else f"postgresql-{wanted}"
        raise MissingServerError(f"{POSTGRESQL}/{wanted} is missing: run `apt-get install {package}`")
    return max(folders, key=lambda folder: int(folder.parent.name))


def find_account(names: Sequence[str]) -> str:
    """The first account that the system has.

    Raises:
        MissingServerError: it has none of them.
    """
    for name in names:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise MissingServerError(f"there is no account {' or '.join(names)} here: install the server's Debian package")
