"""One PostgreSQL server of a database cluster: Debian's, whatever its version, with TLS alone and SCRAM passwords."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud.api.database_backend import DatabaseSpec, DatabaseUser
from localcloud.backends.server_folder import MOUNT, ServerFolder
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.daemons import Daemon

ACCOUNT = "postgres"  # of Debian's package; the server refuses to run as root
SUPERUSER = "postgres"  # ours alone, by the socket
DEFAULT_DATABASE = "defaultdb"
SOCKET = MOUNT / "socket"
STOP_SECONDS = 30
# https://docs.digitalocean.com/products/databases/postgresql/details/limits/: three connections are its own.
RESERVED_CONNECTIONS = 3
# PUBLIC may connect to a database unless its owner says otherwise: so it is on DigitalOcean.
TRUST = f"""local   all {SUPERUSER} peer
local   all all scram-sha-256
hostssl all {SUPERUSER} all reject
hostssl all all all scram-sha-256
"""


@dataclass(frozen=True, kw_only=True)
class PostgresqlServer:
    """The server of one database cluster.

    Attributes:
        programs: the folder of `postgres`, `initdb` and `psql`.
        name: of its program under the supervisor.
    """

    name: str
    folder: ServerFolder
    programs: Path
    address: str
    port: int
    commands: Commands
    log: Path

    def create(self) -> None:
        """Make the server's data, unless they are there.

        Raises:
            CommandError: `initdb` failed.
        """
        if (self.folder.path / "data").exists():
            return
        partial = f"{MOUNT}/data.partial"  # an interrupted `initdb` leaves what looks like a database
        options = [f"--username={SUPERUSER}", "--auth-local=peer", "--auth-host=reject", "--encoding=UTF8"]
        initdb: list[str | Path] = [self.programs / "initdb", f"--pgdata={partial}", *options, "--locale=C.UTF-8"]
        commands: list[list[str | Path]] = [["rm", "-rf", partial], initdb, ["mv", partial, f"{MOUNT}/data"]]
        for command in commands:
            self.commands.run(self.folder.command(command), log=self.log)

    def configure(self, max_connections: int) -> bool:
        """Write the server's settings; whether it must start anew to have them."""
        changed = self.folder.write("pg_hba.conf", TRUST)
        return self.folder.write("postgresql.conf", self._settings(max_connections)) or changed

    def daemon(self) -> Daemon:
        options = ["-D", f"{MOUNT}/data", "-c", f"config_file={MOUNT}/postgresql.conf"]
        return Daemon(
            name=self.name,
            command=self.folder.command([self.programs / "postgres", *options]),
            stop_signal="INT",  # ends connections; TERM would wait for every client to go
            stop_seconds=STOP_SECONDS,
            priority=1,  # whatever other databases come and go
        )

    def is_ready(self) -> bool:
        try:
            self._psql("SELECT 1", "template1")
        except CommandError:
            return False
        return True

    def apply(self, spec: DatabaseSpec, *, old_users: Iterable[str], old_databases: Iterable[str]) -> None:
        """Make the server's users and databases those of `spec`, and drop the old ones that it lacks.

        What clients made themselves by SQL stays.

        Raises:
            CommandError: the server refused; `psql` says why.
        """
        databases = list(dict.fromkeys([DEFAULT_DATABASE, *spec.databases]))
        administrator = spec.administrator.name
        users = [user for user in spec.users if user.name != administrator]
        self._psql("\n".join(_role(spec.administrator, "CREATEDB CREATEROLE REPLICATION BYPASSRLS")))
        self._psql("\n".join(line for user in users for line in _role(user, "")))
        self._psql("\n".join(line for database in databases for line in _database(database, administrator)))
        for database in sorted(set(old_databases) - set(databases)):
            self._psql(f"DROP DATABASE IF EXISTS {_name(database)} WITH (FORCE);")
        for user in sorted(set(old_users) - {administrator, *(user.name for user in users)}):
            self._drop_user(user, administrator)
        self._psql("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;")

    def _drop_user(self, user: str, new_owner: str) -> None:
        known = f"SELECT 1 FROM pg_roles WHERE rolname = {_text(user)};"  # noqa: S608 - a literal  # nosec B608
        if not self._psql(known).strip():
            return
        for database in self._psql("SELECT datname FROM pg_database WHERE datallowconn;").split("\n"):
            if database:
                name = _name(user)
                self._psql(f"REASSIGN OWNED BY {name} TO {_name(new_owner)}; DROP OWNED BY {name};", database)
        self._psql(f"DROP ROLE {_name(user)};")

    def _psql(self, statements: str, database: str = SUPERUSER) -> str:
        """Run SQL as the superuser. By standard input, as it may hold passwords; a refused one is not logged."""
        options = ["--quiet", "--no-psqlrc", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
        to = [f"--host={SOCKET}", f"--port={self.port}", f"--username={SUPERUSER}", f"--dbname={database}"]
        return self.commands.run(
            self.folder.command([self.programs / "psql", *options, *to]),
            log=self.log,
            stdin=f"SET log_min_error_statement = panic;\n{statements}\n",
        )

    def _settings(self, max_connections: int) -> str:
        settings: dict[str, str | int] = {
            "listen_addresses": self.address,
            "port": self.port,
            "unix_socket_directories": str(SOCKET),
            "hba_file": str(MOUNT / "pg_hba.conf"),
            "ssl": "on",
            "ssl_cert_file": str(MOUNT / "server.crt"),
            "ssl_key_file": str(MOUNT / "server.key"),
            "ssl_min_protocol_version": "TLSv1.2",
            "password_encryption": "scram-sha-256",
            "max_connections": max_connections,
            "superuser_reserved_connections": RESERVED_CONNECTIONS,
            "shared_buffers": "32MB",  # of a machine that has several, and a cluster beside them
        }
        return "".join(f"{key} = '{value}'\n" for key, value in settings.items())


def _role(user: DatabaseUser, rights: str) -> Sequence[str]:
    """A role that may log in. The administrator's `rights` are DigitalOcean's doadmin's: it is no superuser."""
    name = _name(user.name)
    missing = f"WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {_text(user.name)})"  # a literal  # nosec B608
    return [
        rf"SELECT {_text(f'CREATE ROLE {name}')} {missing} \gexec",
        f"ALTER ROLE {name} LOGIN NOSUPERUSER {rights} PASSWORD {_text(user.password)};",
    ]


def _database(database: str, owner: str) -> Sequence[str]:
    missing = f"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {_text(database)})"  # a literal  # nosec B608
    return [rf"SELECT {_text(f'CREATE DATABASE {_name(database)} OWNER {_name(owner)}')} {missing} \gexec"]


def _name(text: str) -> str:
    """An SQL identifier."""
    return '"' + text.replace('"', '""') + '"'


def _text(text: str) -> str:
    """An SQL literal."""
    return "'" + text.replace("'", "''") + "'"
