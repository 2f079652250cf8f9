"""Load balancers: one HAProxy each, which is what DigitalOcean's own are made of."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from localcloud.api.backends import BackendError
from localcloud.api.load_balancer_backend import ForwardingRule, LoadBalancerSpec
from localcloud.backends.haproxy import write_configuration
from localcloud.machine import packages
from localcloud.machine.daemons import Daemon, DaemonError, Place
from localcloud.machine.supervisor import Supervisor

CONFIGURATION = "haproxy.cfg"
FIRST_HOST, LAST_HOST = 10, 250  # of an account's addresses; those before are its name server and others
START_SECONDS = 30.0
STOP_SECONDS = 10


class HaproxyLoadBalancers:
    """The load balancers of one account, each on a loopback address of its own.

    Args:
        place: where they keep their files; nothing else uses it.
        program: haproxy.
        network: the first three numbers of their addresses, such as `127.80.0`.
    """

    def __init__(self, place: Place, program: Path, network: str) -> None:
        self.place = place
        self.supervisor = Supervisor(place)
        self._program = program
        self._network = network
        self._lock = threading.RLock()

    def address(self, taken: Sequence[str]) -> str:
        """An address that no load balancer of the account has.

        Raises:
            BackendError: all are taken.
        """
        for host in range(FIRST_HOST, LAST_HOST + 1):
            address = f"{self._network}.{host}"
            if address not in taken:
                return address
        raise BackendError(f"no address of {self._network}.0/24 is free: delete a load balancer")

    def apply(self, spec: LoadBalancerSpec) -> None:
        """Run a load balancer as specified; connections that are open stay open.

        Raises:
            BackendError: HAProxy refuses the configuration, or does not start.
        """
        with self._lock:
            try:
                self._apply(spec)
            except DaemonError as error:
                raise BackendError(f"load balancer {spec.name}: {error}") from error

    def delete(self, load_balancer_id: str) -> None:
        """Stop a load balancer and remove its files, its keys too; nothing where there is none."""
        with self._lock:
            if not self._folder(load_balancer_id).exists():
                return
            shutil.rmtree(self._folder(load_balancer_id))
            if self.supervisor.running:
                self.supervisor.start(self._daemons())

    def stop(self) -> None:
        """Stop all of them; `apply` starts each again."""
        self.supervisor.stop()

    def _apply(self, spec: LoadBalancerSpec) -> None:
        self.place.create_folders()
        folder = self._folder(spec.id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        certificates = {rule.entry_port: _write_pem(folder, rule) for rule in spec.rules if rule.certificate}
        text = write_configuration(spec, socket=self._socket(spec.id), certificates=certificates)
        digest = hashlib.sha256(text.encode()).hexdigest()
        text = text.replace("global\n", f"global\n    description {digest}\n", 1)
        file = folder / CONFIGURATION
        changed = not file.exists() or file.read_text() != text
        if changed:
            self._check(spec.name, folder, text)
            _write_private(file, text)
        name = _daemon_name(spec.id)
        self.supervisor.start(self._daemons())
        if changed and self.supervisor.state(name) in {"RUNNING", "STARTING"}:
            self.supervisor.signal(name, "USR2")
        self.supervisor.ensure(name, lambda: self._runs(spec.id, digest), START_SECONDS)
        _remove_others(folder, set(certificates.values()))

    def _check(self, name: str, folder: Path, text: str) -> None:
        """Have HAProxy read a configuration before it is put in the place of the one that works."""
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".check") as file:
            file.write(text)
            file.flush()
            command = [str(self._program), "-c", "-q", "-f", file.name]
            done = subprocess.run(
                command,
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            alerts = [line for line in done.stderr.splitlines() if "[ALERT]" in line]
            raise BackendError(f"load balancer {name}: HAProxy refuses it: {' '.join(alerts) or done.stderr}")

    def _runs(self, load_balancer_id: str, digest: str) -> bool:
        """Whether the worker that answers has read this configuration."""
        return f"\ndescription: {digest}\n" in _ask(self._socket(load_balancer_id), "show info")

    def _daemons(self) -> list[Daemon]:
        files = sorted((self.place.home / "balancers").glob(f"*/{CONFIGURATION}"))
        return [
            Daemon(
                name=_daemon_name(file.parent.name),
                command=[self._program, "-W", "-f", file],
                environment=self._environment,
                stop_seconds=STOP_SECONDS,
                priority=1,  # else each would start anew when another comes or goes
            )
            for file in files
        ]

    @property
    def _environment(self) -> dict[str, str]:
        path = packages.library_path(self._program, "haproxy")
        return {"LD_LIBRARY_PATH": path} if path else {}

    def _folder(self, load_balancer_id: str) -> Path:
        return self.place.home / "balancers" / load_balancer_id

    def _socket(self, load_balancer_id: str) -> Path:
        return self.place.run / f"{load_balancer_id[:8]}.sock"


def _daemon_name(load_balancer_id: str) -> str:
    return f"haproxy-{load_balancer_id}"


def _write_pem(folder: Path, rule: ForwardingRule) -> Path:
    """A rule's certificate, chain and key as the one file that HAProxy reads, named after what is in it."""
    assert rule.certificate is not None  # noqa: S101 - the caller has looked  # nosec B101
    parts = (rule.certificate.leaf, rule.certificate.chain, rule.certificate.private_key)
    text = "".join(f"{part.strip()}\n" for part in parts if part.strip())
    file = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.pem"
    if not file.exists():
        _write_private(file, text)
    return file


def _write_private(file: Path, text: str) -> None:
    partial = file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_text(text)
    partial.replace(file)


def _remove_others(folder: Path, used: set[Path]) -> None:
    """Remove keys that no rule has any more."""
    for file in folder.glob("*.pem"):
        if file not in used:
            file.unlink()


def _ask(path: Path, question: str) -> str:
    """HAProxy's answer on its socket; empty when it does not answer."""
    reply = b""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        connection.connect(str(path))
        connection.sendall(f"{question}\n".encode())
        deadline = time.monotonic() + 2
        while (part := connection.recv(65_536)) and time.monotonic() < deadline:
            reply += part
    return reply.decode(errors="replace")
