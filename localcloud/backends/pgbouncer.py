"""The pools of a database cluster: Debian's PgBouncer, with TLS alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud.api.database_backend import ConnectionPool, DatabaseSpec, DatabaseUser
from localcloud.backends.server_folder import MOUNT, ServerFolder
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.daemons import Daemon

SOCKET = MOUNT / "socket"
CONSOLE = "pgbouncer"  # database and user of its own, which the account it runs as may use by the socket
MAX_CLIENTS = 1000
POOL_NAME = re.compile(r"[A-Za-z0-9_.-]+")  # a key of an INI file, which knows no quotes


@dataclass(frozen=True, kw_only=True)
class PgBouncer:
    """The PgBouncer before one PostgreSQL server, in the same folder and of the same account.

    Attributes:
        program: the path of `pgbouncer`.
        psql: the path of `psql`, for its console.
    """

    name: str
    folder: ServerFolder
    program: Path
    psql: Path
    address: str
    port: int
    server_port: int
    commands: Commands
    log: Path

    def configure(self, spec: DatabaseSpec) -> bool:
        """Write its settings, its users and who may use which pool; whether one has changed.

        Raises:
            ValueError: a pool has a name that PgBouncer cannot have.
        """
        users = {user.name: user for user in [spec.administrator, *spec.users]}
        files = {
            "userlist.txt": "".join(_user_line(user) for user in users.values()),
            "pgbouncer_hba.conf": "".join(_access_line(pool) for pool in spec.pools),
            "pgbouncer.ini": self._settings(spec.pools),
        }
        changed = [self.folder.write(name, content) for name, content in files.items()]
        return any(changed)

    def daemon(self) -> Daemon:
        command = self.folder.command([self.program, MOUNT / "pgbouncer.ini"])
        return Daemon(name=self.name, command=command, priority=2)  # before its server

    def is_ready(self) -> bool:
        try:
            self._ask("SHOW VERSION")
        except CommandError:
            return False
        return True

    def reload(self) -> None:
        """Read the settings anew; clients stay connected.

        Raises:
            CommandError: it refused.
        """
        self._ask("RELOAD")

    def _ask(self, command: str) -> None:
        to = [f"--host={SOCKET}", f"--port={self.port}", f"--username={CONSOLE}", f"--dbname={CONSOLE}"]
        words: list[str | Path] = [self.psql, "--quiet", "--no-psqlrc", *to, f"--command={command}"]
        self.commands.run(self.folder.command(words), log=self.log)

    def _settings(self, pools: Sequence[ConnectionPool]) -> str:
        settings: dict[str, object] = {
            "listen_addr": self.address,
            "listen_port": self.port,
            "unix_socket_dir": SOCKET,
            "auth_type": "hba",
            "auth_hba_file": MOUNT / "pgbouncer_hba.conf",
            "auth_file": MOUNT / "userlist.txt",
            "client_tls_sslmode": "require",
            "client_tls_cert_file": MOUNT / "server.crt",
            "client_tls_key_file": MOUNT / "server.key",
            "client_tls_ca_file": MOUNT / "ca.crt",
            "max_client_conn": MAX_CLIENTS,
            "ignore_startup_parameters": "extra_float_digits",
        }
        lines = [f"{key} = {value}" for key, value in settings.items()]
        return "\n".join(["[databases]", *map(self._pool_line, pools), "[pgbouncer]", *lines, ""])

    def _pool_line(self, pool: ConnectionPool) -> str:
        """A pool has its one user by `_access_line`, and logs in to the server as that user."""
        if not POOL_NAME.fullmatch(pool.name):
            raise ValueError(f"the pool {pool.name!r}: PgBouncer takes letters, digits, _, - and . alone")
        database = pool.database.replace("'", "''")
        server = f"host={SOCKET} port={self.server_port} dbname='{database}'"
        return f"{pool.name} = {server} pool_mode={pool.mode} pool_size={pool.size}"


def _access_line(pool: ConnectionPool) -> str:
    return f"hostssl {_quote(pool.name)} {_quote(pool.user)} 0.0.0.0/0 scram-sha-256\n"


def _user_line(user: DatabaseUser) -> str:
    return f"{_quote(user.name)} {_quote(user.password)}\n"


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
