"""The account's container registry: Debian's docker-registry, with logins that are made on demand and expire.

Until the API creates the registry, and after it has deleted it, nobody can log in but the API itself. Clients talk to
the HAProxy before it, which refuses pushes of logins for reading, and of everyone when the subscription is used up.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from localcloud.api.backends import BackendError
from localcloud.backends.place import BackendPlace
from localcloud.backends.registry_gate import RegistryContents, RegistryLimits, write_gate
from localcloud.backends.registry_passwords import OWNER, RegistryPasswords
from localcloud.instance import Instance
from localcloud.machine import network, packages, registry
from localcloud.machine.daemons import Daemon, DaemonError, listens
from localcloud.machine.supervisor import Supervisor
from localcloud.machine.toolbox import Toolbox

PROGRAM, GATE = "account-registry", "registry-gate"
READY_SECONDS = 30.0
WATCH_SECONDS = 1.0  # between two looks at what the registry holds


class AccountRegistry:
    """The registry of one account; implements `localcloud.api.backends.RegistryLogins`.

    Args:
        place: its folders.
        program: docker-registry.
        haproxy: what is before it.
        prefix: words before haproxy's that run it where it is to listen.
        address: at which this process reaches it.
        host: what image names begin with.
    """

    def __init__(
        self,
        place: BackendPlace,
        *,
        program: Path,
        haproxy: Path,
        prefix: Sequence[str],
        address: tuple[str, int],
        host: str,
    ) -> None:
        self.host = host
        self._place = place
        self._gate_file = place.home / "haproxy.cfg"
        self._limits_file = place.home / "limits.json"
        libraries = packages.library_path(haproxy, "haproxy")
        self._daemons = [
            Daemon(name=PROGRAM, command=[program, "serve", place.home / "registry.yaml"]),
            Daemon(
                name=GATE,
                command=[*prefix, haproxy, "-W", "-f", self._gate_file],
                environment={"LD_LIBRARY_PATH": libraries} if libraries else {},
            ),
        ]
        self._address = address
        self._supervisor = Supervisor(place)
        self._storage = place.home / "images"
        self._lock = threading.Lock()
        self._passwords = RegistryPasswords(place, self._lock)

    @classmethod
    def of(cls, instance: Instance, toolbox: Toolbox) -> AccountRegistry:
        """That of an instance, in its network namespace, so that its clusters' nodes reach it."""
        port = instance.account_registry_port
        return cls(
            BackendPlace.of(instance, "registry"),
            program=toolbox.debian("docker-registry"),
            haproxy=toolbox.debian("haproxy"),
            prefix=network.enter(instance),
            address=(instance.node_address, port),
            host=f"127.0.0.1:{port}",
        )

    @property
    def url(self) -> str:
        """Its URL with the API's own login in it."""
        address, port = self._address
        return f"http://{OWNER}:{self._passwords.owner_password()}@{address}:{port}"

    def start(self) -> None:
        """Start it, with the logins that it had.

        Raises:
            BackendError: it does not come up.
        """
        with self._lock:
            self._start()

    def create(self, registry: str) -> None:
        """Start an empty registry.

        Raises:
            BackendError: it does not come up.
        """
        del registry  # the first part of its images' names; those who push choose it
        with self._lock:
            self._start()

    def delete(self, registry: str) -> None:
        """Refuse every login, and remove every image."""
        del registry
        with self._lock:
            self._passwords.clear()
            if PROGRAM in self._supervisor.states():
                self._supervisor.stop_program(PROGRAM)
            shutil.rmtree(self._storage, ignore_errors=True)
            self._start()

    def issue(self, *, write: bool, seconds: int | None) -> tuple[str, str]:
        """A new user and password.

        Args:
            seconds: until it expires; None: never.

        Raises:
            BackendError: the registry does not come up.
        """
        with self._lock:
            self._start()
            return self._passwords.add(write=write, seconds=seconds)

    def usage(self) -> int:
        """Bytes that its images take."""
        return RegistryContents.read(self._storage).used

    def limit(self, *, storage: int | None, repositories: int | None) -> None:
        """Refuse pushes beyond these, at once.

        Args:
            storage: bytes; None: any number.
            repositories: None: any number.
        """
        with self._lock:
            self._place.create_folders()
            self._limits_file.write_text(json.dumps({"storage": storage, "repositories": repositories}))
            self._match_gate()

    def watch(self) -> None:
        """Look at what the registry holds from now on, to refuse pushes when a limit is reached."""

        def look() -> None:
            while True:
                time.sleep(WATCH_SECONDS)
                with self._lock, contextlib.suppress(OSError, DaemonError):  # a push moves files; it may be stopping
                    self._match_gate()

        threading.Thread(target=look, name="registry-watch", daemon=True).start()

    def _start(self) -> None:
        self._place.create_folders()
        self._storage.mkdir(exist_ok=True)
        self._passwords.refresh()
        settings = self._place.home / "registry.yaml"
        registry.write_settings(
            settings, self._storage, self._passwords.file, {"net": "unix", "addr": str(self._images)}
        )
        changed = self._write_gate()
        try:
            self._supervisor.start(self._daemons)
            self._supervisor.ensure(PROGRAM, lambda: _answers(self._images), READY_SECONDS)
            self._supervisor.ensure(GATE, lambda: listens(*self._address), READY_SECONDS)
            if changed:  # it may have run with the rules before
                self._supervisor.signal(GATE, "USR2")
        except DaemonError as error:
            raise BackendError(f"the registry does not start: {error}") from error

    def _match_gate(self) -> None:
        """Have the gate that runs refuse what is to be refused now."""
        if self._write_gate() and self._supervisor.states().get(GATE) == "RUNNING":
            self._supervisor.signal(GATE, "USR2")

    def _write_gate(self) -> bool:
        """Write the gate's rules; returns whether they changed."""
        limits = RegistryLimits(**json.loads(self._limits_file.read_text())) if self._limits_file.exists() else None
        contents = RegistryContents.read(self._storage)
        text = write_gate(
            self._address[1], self._images, self._place.run / "haproxy.sock", limits or RegistryLimits(), contents
        )
        if self._gate_file.exists() and self._gate_file.read_text() == text:
            return False
        self._gate_file.write_text(text)
        return True

    @property
    def _images(self) -> Path:
        return self._place.run / "images.sock"


def _answers(path: Path) -> bool:
    """Whether a program listens at a socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0
