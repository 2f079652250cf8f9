"""The account's container registry: Debian's docker-registry, with logins that are made on demand and expire.

Until the API creates the registry, and after it has deleted it, nobody can log in but the API itself. Any login may
push: the registry knows users and no rights, so only its name distinguishes a login for reading.
"""

from __future__ import annotations

import json
import secrets
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bcrypt

from localcloud.api.backends import BackendError
from localcloud.backends.place import BackendPlace
from localcloud.instance import Instance
from localcloud.machine import network, registry
from localcloud.machine.daemons import Daemon, DaemonError, Supervisor, listens
from localcloud.machine.toolbox import Toolbox
from localcloud.secret_file import read_or_create

PROGRAM = "account-registry"
OWNER = "api"
READY_SECONDS = 30.0
LONGEST_WAIT = 24 * 3600.0  # of the timer, as a login may live for decades


class AccountRegistry:
    """The registry of one account; implements `localcloud.api.backends.RegistryLogins`.

    Args:
        place: its folders.
        program: docker-registry.
        prefix: words before the program's that run it where it is to listen.
        address: at which this process reaches it.
        host: what image names begin with.
    """

    def __init__(
        self, place: BackendPlace, program: Path, prefix: Sequence[str], address: tuple[str, int], host: str
    ) -> None:
        self.host = host
        self._place = place
        self._command: list[str | Path] = [*prefix, program, "serve", place.home / "registry.yaml"]
        self._address = address
        self._supervisor = Supervisor(place)
        self._storage = place.home / "images"
        self._passwords = place.home / "htpasswd"
        self._file = place.home / "logins.json"
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    @classmethod
    def of(cls, instance: Instance, toolbox: Toolbox) -> AccountRegistry:
        """That of an instance, in its network namespace, so that its clusters' nodes reach it."""
        port = instance.account_registry_port
        return cls(
            BackendPlace.of(instance, "registry"),
            toolbox.debian("docker-registry"),
            network.enter(instance),
            (instance.node_address, port),
            f"127.0.0.1:{port}",
        )

    @property
    def url(self) -> str:
        """Its URL with the API's own login in it."""
        address, port = self._address
        return f"http://{OWNER}:{self._owner_password()}@{address}:{port}"

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
            self._write_logins([])
            if self._supervisor.states():
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
        user = f"{'write' if write else 'read'}-{secrets.token_hex(6)}"
        password = f"dop_v1_{secrets.token_hex(32)}"
        expires = None if seconds is None else time.time() + seconds
        login = {"user": user, "hash": _hash(password), "expires": expires}
        with self._lock:
            self._start()
            self._write_logins([*self._living_logins(), login])
        return user, password

    def usage(self) -> int:
        """Bytes that its images take."""
        return sum(file.stat().st_size for file in self._storage.rglob("*") if file.is_file())

    def _start(self) -> None:
        self._place.create_folders()
        self._storage.mkdir(exist_ok=True)
        self._write_logins(self._living_logins())
        port = self._address[1]
        registry.write_settings(self._place.home / "registry.yaml", self._storage, self._passwords, port)
        try:
            self._supervisor.start([Daemon(name=PROGRAM, command=self._command)])
            self._supervisor.ensure(PROGRAM, lambda: listens(*self._address), READY_SECONDS)
        except DaemonError as error:
            raise BackendError(f"the registry does not start: {error}") from error

    def _expire(self) -> None:
        with self._lock:
            self._write_logins(self._living_logins())

    def _living_logins(self) -> list[dict[str, Any]]:
        try:
            logins: list[dict[str, Any]] = json.loads(self._file.read_text())
        except FileNotFoundError:
            return []
        return [login for login in logins if login["expires"] is None or login["expires"] > time.time()]

    def _write_logins(self, logins: list[dict[str, Any]]) -> None:
        """Keep the logins where the registry reads them, and look again when the first of them expires."""
        registry.write_private(self._file, json.dumps(logins))
        owner = {"user": OWNER, "hash": self._owner_hash()}
        lines = [f"{login['user']}:{login['hash']}\n" for login in [owner, *logins]]
        partial = self._passwords.with_suffix(".partial")
        registry.write_private(partial, "".join(lines))
        partial.replace(self._passwords)
        if self._timer is not None:
            self._timer.cancel()
        ends = [login["expires"] for login in logins if login["expires"] is not None]
        if ends:
            wait = min(max(min(ends) - time.time(), 0.0) + 0.1, LONGEST_WAIT)
            self._timer = threading.Timer(wait, self._expire)
            self._timer.daemon = True
            self._timer.start()

    def _owner_password(self) -> str:
        self._place.create_folders()
        return read_or_create(self._place.home / "password", lambda: secrets.token_hex(32))

    def _owner_hash(self) -> str:
        return read_or_create(self._place.home / "password.hash", lambda: _hash(self._owner_password()))


def _hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(registry.BCRYPT_ROUNDS)).decode()
