"""A client asks a database's endpoint: psql over libpq, and Valkey's protocol over a socket."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
from pathlib import Path

from bare.packages import POSTGRESQL, require

from .database_specs import ADMINISTRATOR

ACCESS_SCRIPT = Path("helm/database/scripts/postgresql-access.sh")


class Client:
    """A client of a database's endpoint; it trusts the account's authority, unless another is given."""

    def __init__(self, databases, endpoint, tmp_path):
        self.endpoint, self.address = endpoint, databases.host_names()[endpoint.host]
        self.authority = tmp_path / "ca.crt"
        self.authority.write_text(databases.certificate_authority())

    def variables(self, user, database, *, pool=False, mode="verify-full"):
        """What libpq reads. The address beside the name, as a name server is not part of this."""
        port = self.endpoint.pool_port if pool else self.endpoint.port
        return {
            "PGHOST": self.endpoint.host,
            "PGHOSTADDR": self.address,
            "PGPORT": str(port),
            "PGUSER": user.name,
            "PGPASSWORD": user.password,
            "PGDATABASE": database,
            "PGSSLMODE": mode,
            "PGSSLROOTCERT": str(self.authority),
        }

    def sql(self, statement, user=ADMINISTRATOR, database="defaultdb", **options):
        """The answer of psql, or its error message."""
        program = Path(require(POSTGRESQL)).resolve().with_name("psql")
        environment = {**os.environ, **self.variables(user, database, **options)}
        words = [program, "--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--command", statement]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        return (done.stdout or done.stderr).strip()

    def give_access(self, *clients):
        """What the chart's job does."""
        environment = {**os.environ, **self.variables(ADMINISTRATOR, "defaultdb"), "CLIENTS": " ".join(clients)}
        subprocess.run(["sh", ACCESS_SCRIPT], env=environment, check=True, timeout=60)

    def send(self, *commands):
        """Send commands to Valkey over TLS; returns its answers."""
        context = ssl.create_default_context(cafile=self.authority)
        with (
            socket.create_connection((self.address, self.endpoint.port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=self.endpoint.host) as channel,
            channel.makefile("rb") as answers,
        ):
            return [_ask(channel, answers, command) for command in commands]


def _ask(channel, answers, words):
    channel.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
    return _read_value(answers)


def _read_value(answers):
    line = answers.readline().rstrip()
    if line[:1] == b"$":
        return answers.read(int(line[1:]) + 2)[:-2]
    return [_read_value(answers) for _ in range(int(line[1:]))] if line[:1] == b"*" else line


def create_auth_command(user):
    """The command that logs a connection to Valkey in."""
    return [b"AUTH", b"default", user.password.encode()]
