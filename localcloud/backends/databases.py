"""Database clusters as real servers: PostgreSQL with PgBouncer, and Valkey.

A cluster is one server, whatever its number of nodes: there is no standby. Its version is the installed package's.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from localcloud.api.backends import BackendError
from localcloud.api.database_backend import DatabaseEndpoint, DatabaseSpec
from localcloud.backends import postgresql, valkey
from localcloud.backends.database_network import DatabaseNetwork
from localcloud.backends.database_programs import (
    PGBOUNCER,
    VALKEY_CLIENT,
    VALKEY_SERVER,
    MissingServerError,
    find_account,
    postgresql_programs,
)
from localcloud.backends.database_record import DatabaseRecord, read_records, write_record
from localcloud.backends.pgbouncer import PgBouncer
from localcloud.backends.place import BackendPlace
from localcloud.backends.postgresql import PostgresqlServer
from localcloud.backends.server_folder import ServerFolder
from localcloud.backends.valkey import ValkeyServer
from localcloud.instance import Instance
from localcloud.machine.certificates import Authority
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.daemons import Daemon, DaemonError
from localcloud.machine.supervisor import Supervisor

PLACE = "databases"
# As on DigitalOcean.
POSTGRESQL_PORT = 25060
POOL_PORT = 25061
VALKEY_PORT = 25061
READY_SECONDS = 60.0  # of a machine that compiles meanwhile


class DatabaseServers:
    """The databases of one account; implements `localcloud.api.database_backend.Databases`. Needs root."""

    def __init__(self, number: int, place: BackendPlace, commands: Commands) -> None:
        self._place = place
        self._folder = place.home / "clusters"
        self._commands = commands
        self._network = DatabaseNetwork(number, commands, place.logs / "network.log")
        self._supervisor = Supervisor(self._place, commands.cancelled)
        self._authority = Authority(self._place.home / "certificates")
        self._lock = threading.Lock()

    @classmethod
    def of(cls, instance: Instance, commands: Commands) -> DatabaseServers:
        """Those of the account that an instance has."""
        return cls(instance.number, BackendPlace.of(instance, PLACE), commands)

    def apply(self, spec: DatabaseSpec) -> DatabaseEndpoint:
        """Make a database match `spec`: create it, change its settings (which starts it anew), or do nothing.

        Raises:
            BackendError: a program is missing, or a server did not come up or refused.
        """
        with self._lock, _failing(f"the database {spec.name}"):
            self._place.create_folders()
            self._authority.create()
            record = self._remember(spec)
            self._network.apply({known.address: known.spec.trusted for known in self._records().values()})
            if spec.engine == "pg":
                self._apply_postgresql(record)
            else:
                self._apply_valkey(record)
            users, databases = _parts(spec)
            write_record(self._folder, replace(record, users=users, databases=databases))
            return _endpoint(record)

    def delete(self, database_id: str) -> None:
        """Remove a database with its data, if it is there.

        Raises:
            BackendError: the machine refused.
        """
        with self._lock, _failing(f"the database {database_id}"):
            remaining = self._records()
            if remaining.pop(database_id, None) is None:
                return
            if remaining:
                self._supervisor.start(self._daemons(remaining))
            else:
                self._supervisor.stop()
            shutil.rmtree(self._folder / database_id)
            self._authority.forget(database_id)
            for log in self._place.logs.glob(f"{database_id}-*"):
                log.unlink()
            self._network.apply({known.address: known.spec.trusted for known in remaining.values()})

    def certificate_authority(self) -> str:
        """PEM of the authority that signed every server's certificate."""
        with self._lock:
            self._authority.create()
            return self._authority.pair.certificate.read_text(encoding="ascii")

    def host_names(self) -> Mapping[str, str]:
        """The address of every database's host names, for the name server."""
        return {host: record.address for record in self._records().values() for host in record.hosts}

    def resume(self) -> None:
        """Bring every database up again after `stop`, or after the machine was off.

        Raises:
            BackendError: one did not come up.
        """
        for record in self._records().values():
            self.apply(record.spec)

    def stop(self) -> None:
        """Stop every server and take their addresses away; the data stay."""
        with self._lock, _failing("the databases"):
            self._supervisor.stop()
            self._network.remove()

    def _remember(self, spec: DatabaseSpec) -> DatabaseRecord:
        """Note what is about to be made, before it is: an interrupted call must not lose track of it."""
        records = self._records()
        users, databases = _parts(spec)
        if old := records.get(spec.id):
            record = replace(
                old, spec=spec, users=sorted({*old.users, *users}), databases=sorted({*old.databases, *databases})
            )
        else:
            address = self._network.allocate(known.address for known in records.values())
            record = DatabaseRecord(spec=spec, address=address, users=users, databases=databases)
        write_record(self._folder, record)
        return record

    def _apply_postgresql(self, record: DatabaseRecord) -> None:
        spec, server, pooler = record.spec, self._postgresql(record), self._pgbouncer(record)
        certified = self._prepare(record, server.folder)
        server.create()
        stale = {server.name: server.configure(spec.max_connections) or certified, pooler.name: certified}
        repooled = pooler.configure(spec)
        self._run({server.name: server.is_ready, pooler.name: pooler.is_ready}, stale)
        server.apply(spec, old_users=record.users, old_databases=record.databases)
        if repooled:
            pooler.reload()

    def _apply_valkey(self, record: DatabaseRecord) -> None:
        server = self._valkey(record)
        certified = self._prepare(record, server.folder)
        self._run({server.name: server.is_ready}, {server.name: server.configure(record.spec) or certified})

    def _prepare(self, record: DatabaseRecord, folder: ServerFolder) -> bool:
        """Make a server's folder with its certificate; whether that is a new one."""
        folder.create()
        pair = self._authority.issue(record.spec.id, record.host, hosts=[*record.hosts, record.address])
        return folder.write_certificate(pair, self._authority.pair.certificate)

    def _run(self, ready: Mapping[str, Callable[[], bool]], stale: Mapping[str, bool]) -> None:
        """Have these programs up; those that are stale start anew."""
        self._supervisor.start(self._daemons(self._records()))
        for name, is_ready in ready.items():
            if stale[name]:
                self._supervisor.stop_program(name)
            self._supervisor.ensure(name, is_ready, READY_SECONDS)

    def _daemons(self, records: Mapping[str, DatabaseRecord]) -> list[Daemon]:
        daemons = []
        for record in records.values():
            if record.spec.engine == "pg":
                daemons += [self._postgresql(record).daemon(), self._pgbouncer(record).daemon()]
            else:
                daemons.append(self._valkey(record).daemon())
        return daemons

    def _records(self) -> dict[str, DatabaseRecord]:
        return read_records(self._folder)

    def _server_folder(self, record: DatabaseRecord, account: str) -> ServerFolder:
        return ServerFolder(path=self._folder / record.spec.id / "server", account=account)

    def _postgresql(self, record: DatabaseRecord) -> PostgresqlServer:
        folder = self._server_folder(record, find_account([postgresql.ACCOUNT]))
        return PostgresqlServer(
            name=f"{record.spec.id}-postgresql",
            folder=folder,
            programs=postgresql_programs(folder.path / "data"),
            address=record.address,
            port=POSTGRESQL_PORT,
            commands=self._commands,
            log=self._log(record),
        )

    def _pgbouncer(self, record: DatabaseRecord) -> PgBouncer:
        server = self._postgresql(record)
        return PgBouncer(
            name=f"{record.spec.id}-pgbouncer",
            folder=server.folder,
            program=PGBOUNCER.find(),
            psql=server.programs / "psql",
            address=record.address,
            port=POOL_PORT,
            server_port=POSTGRESQL_PORT,
            commands=self._commands,
            log=self._log(record),
        )

    def _valkey(self, record: DatabaseRecord) -> ValkeyServer:
        return ValkeyServer(
            name=f"{record.spec.id}-valkey",
            folder=self._server_folder(record, find_account(valkey.ACCOUNTS)),
            program=VALKEY_SERVER.find(),
            client=VALKEY_CLIENT.find(),
            address=record.address,
            port=VALKEY_PORT,
            commands=self._commands,
            log=self._log(record),
        )

    def _log(self, record: DatabaseRecord) -> Path:
        return self._place.logs / f"{record.spec.id}-commands.log"


@contextlib.contextmanager
def _failing(what: str) -> Iterator[None]:
    """Errors of the machine as BackendError, with what they were about."""
    try:
        yield
    except (CommandError, DaemonError, MissingServerError, OSError, ValueError) as error:
        raise BackendError(f"{what}: {error}") from error


def _parts(spec: DatabaseSpec) -> tuple[list[str], list[str]]:
    return sorted(user.name for user in spec.users), sorted(spec.databases)


def _endpoint(record: DatabaseRecord) -> DatabaseEndpoint:
    if record.spec.engine == "pg":
        return DatabaseEndpoint(host=record.host, port=POSTGRESQL_PORT, pool_port=POOL_PORT)
    return DatabaseEndpoint(host=record.host, port=VALKEY_PORT, pool_port=None)
