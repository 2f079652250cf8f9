"""The server of a Valkey cluster: Valkey, or Redis 7 where the system has no package of it, with TLS alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from localcloud.api.database_backend import DatabaseSpec
from localcloud.backends.server_folder import MOUNT, ServerFolder
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.daemons import Daemon

ACCOUNTS = ("valkey", "redis", "nobody")  # the first that the system has
SOCKET = MOUNT / "socket" / "valkey.sock"
EVICTION_POLICY = "noeviction"  # DigitalOcean's, unless another is set
MAX_MEMORY = 64 * 2**20  # bytes, where the specification names none
STOP_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class ValkeyServer:
    """The server of one database cluster.

    Attributes:
        program: the path of `valkey-server` or `redis-server`.
        client: the path of `valkey-cli` or `redis-cli`.
    """

    name: str
    folder: ServerFolder
    program: Path
    client: Path
    address: str
    port: int
    commands: Commands
    log: Path

    def configure(self, spec: DatabaseSpec) -> bool:
        """Write the server's settings; whether it must start anew to have them."""
        settings: dict[str, object] = {
            "bind": self.address,
            "port": 0,  # no plain connection
            "tls-port": self.port,
            "tls-cert-file": MOUNT / "server.crt",
            "tls-key-file": MOUNT / "server.key",
            "tls-ca-cert-file": MOUNT / "ca.crt",
            "tls-auth-clients": "no",
            "unixsocket": SOCKET,
            "unixsocketperm": 700,
            "requirepass": _quote(spec.administrator.password),  # of the user `default`
            "dir": MOUNT,
            "appendonly": "yes",
            "save": '""',
            "maxclients": spec.max_connections,
            "maxmemory": spec.max_memory or MAX_MEMORY,
            "maxmemory-policy": spec.eviction_policy or EVICTION_POLICY,
        }
        return self.folder.write("valkey.conf", "".join(f"{key} {value}\n" for key, value in settings.items()))

    def daemon(self) -> Daemon:
        command = self.folder.command([self.program, MOUNT / "valkey.conf"])
        return Daemon(name=self.name, command=command, stop_seconds=STOP_SECONDS, priority=1)

    def is_ready(self) -> bool:
        try:
            answer = self.commands.run(self.folder.command([self.client, "-s", SOCKET, "ping"]), log=self.log)
        except CommandError:
            return False
        return "NOAUTH" in answer  # it answers, and wants the password, which no command line is to have


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
