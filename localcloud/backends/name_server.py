"""The account's name server: `localcloud.name_server`, and the file it reads."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dns.exception
import dns.message
import dns.query
import dns.rdataclass
import dns.rdatatype

from localcloud.api.backends import BackendError, DnsRecord
from localcloud.machine.daemons import Daemon, DaemonError, Place
from localcloud.machine.supervisor import Supervisor
from localcloud.name_server.records import RecordError
from localcloud.name_server.server import STATE_NAME
from localcloud.name_server.zones import Zones

NAME = "name-server"
START_SECONDS = 30.0
SOURCES = Path(__file__).resolve().parent.parent.parent


class LocalNameServer:
    """Serves the zones of one account.

    Args:
        place: where it keeps its files; nothing else uses it.
        addresses: where it answers. The first must be there; others, such as those of clusters, may come and go.
        upstreams: name servers that know all other names.
        port: 53, unless a test says otherwise.
    """

    def __init__(self, place: Place, addresses: Sequence[str], upstreams: Sequence[str], port: int = 53) -> None:
        self.place = place
        self.supervisor = Supervisor(place)
        self._addresses, self._upstreams, self._port = addresses, upstreams, port
        self._lock = threading.Lock()

    def apply(self, zones: Mapping[str, Sequence[DnsRecord]]) -> None:
        """Serve these zones and no others, from the moment this returns.

        Raises:
            BackendError: a record does not fit its type, or the server does not start.
        """
        self._change(zones={name: [asdict(record) for record in records] for name, records in zones.items()})

    def apply_names(self, names: Mapping[str, str]) -> None:
        """Answer these names with these addresses, beside the zones: those of databases.

        Raises:
            BackendError: the server does not start.
        """
        self._change(names=dict(names))

    def stop(self) -> None:
        """Stop the server; the zones stay, and `apply` starts it again."""
        self.supervisor.stop()

    def _change(self, **parts: Any) -> None:
        with self._lock:
            self.place.create_folders()
            before = json.loads(self._file.read_text()) if self._file.exists() else {"serial": 0}
            content = {"zones": {}, "names": {}, **before, **parts}
            if content != before:
                content["serial"] += 1  # of every SOA
            try:
                Zones.read(content)
            except RecordError as error:
                raise BackendError(str(error)) from error
            text = json.dumps(content, indent=1)
            partial = self._file.with_suffix(".partial")
            partial.write_text(text)
            partial.replace(self._file)
            digest = hashlib.sha256(text.encode()).hexdigest()
            try:
                self.supervisor.start([self._daemon()])
                self.supervisor.ensure(NAME, lambda: self._serves(digest), START_SECONDS)
            except DaemonError as error:
                raise BackendError(f"the name server: {error}") from error

    def _serves(self, digest: str) -> bool:
        query = dns.message.make_query(STATE_NAME, dns.rdatatype.TXT, dns.rdataclass.CHAOS)
        try:
            reply = dns.query.udp(query, self._addresses[0], port=self._port, timeout=1)
        except (dns.exception.DNSException, OSError):
            return False
        return bool(reply.answer) and digest in str(reply.answer[0])

    def _daemon(self) -> Daemon:
        return Daemon(
            name=NAME,
            command=[
                sys.executable,
                *("-m", "localcloud.name_server", "--zones", self._file, "--port", str(self._port)),
                *(word for address in self._addresses for word in ("--address", address)),
                *(word for address in self._upstreams for word in ("--upstream", address)),
            ],
            environment={"PYTHONPATH": str(SOURCES)},
        )

    @property
    def _file(self) -> Path:
        return self.place.home / "zones.json"
