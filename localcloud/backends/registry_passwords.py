"""The users of the account's registry, who are made on demand and expire, in the file that the registry reads."""

from __future__ import annotations

import json
import secrets
import threading
import time
from typing import Any

import bcrypt

from localcloud.backends.place import BackendPlace
from localcloud.backends.registry_gate import READER
from localcloud.machine import registry
from localcloud.secret_file import read_or_create

OWNER = "api"
LONGEST_WAIT = 24 * 3600.0  # of the timer, as a login may live for decades


class RegistryPasswords:
    """The logins of one registry, and the API's own, which never expires.

    Args:
        place: the folders of their files.
        lock: held by whoever changes them; the timer takes it, too.
    """

    def __init__(self, place: BackendPlace, lock: threading.Lock) -> None:
        self.file = place.home / "htpasswd"
        self._place = place
        self._logins_file = place.home / "logins.json"
        self._lock = lock
        self._timer: threading.Timer | None = None

    def add(self, *, write: bool, seconds: int | None) -> tuple[str, str]:
        """A new user and password.

        Args:
            seconds: until it expires; None: never.
        """
        user = f"{'write-' if write else READER}{secrets.token_hex(6)}"
        password = f"dop_v1_{secrets.token_hex(32)}"
        expires = None if seconds is None else time.time() + seconds
        self._write([*self._list_valid(), {"user": user, "hash": _hash(password), "expires": expires}])
        return user, password

    def refresh(self) -> None:
        """Drop the logins that have expired, and write the others where the registry reads them."""
        self._write(self._list_valid())

    def clear(self) -> None:
        """Drop every login but the API's own."""
        self._write([])

    def owner_password(self) -> str:
        """The API's own password."""
        self._place.create_folders()
        return read_or_create(self._place.home / "password", lambda: secrets.token_hex(32))

    def _expire(self) -> None:
        with self._lock:
            self.refresh()

    def _list_valid(self) -> list[dict[str, Any]]:
        try:
            logins: list[dict[str, Any]] = json.loads(self._logins_file.read_text())
        except FileNotFoundError:
            return []
        return [login for login in logins if login["expires"] is None or login["expires"] > time.time()]

    def _write(self, logins: list[dict[str, Any]]) -> None:
        """Keep the logins where the registry reads them, and look again when the first of them expires."""
        registry.write_private(self._logins_file, json.dumps(logins))
        owner = {"user": OWNER, "hash": self._owner_hash()}
        lines = [f"{login['user']}:{login['hash']}\n" for login in [owner, *logins]]
        partial = self.file.with_suffix(".partial")
        registry.write_private(partial, "".join(lines))
        partial.replace(self.file)
        if self._timer is not None:
            self._timer.cancel()
        ends = [login["expires"] for login in logins if login["expires"] is not None]
        if ends:
            wait = min(max(min(ends) - time.time(), 0.0) + 0.1, LONGEST_WAIT)
            self._timer = threading.Timer(wait, self._expire)
            self._timer.daemon = True
            self._timer.start()

    def _owner_hash(self) -> str:
        return read_or_create(self._place.home / "password.hash", lambda: _hash(self.owner_password()))


def _hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(registry.BCRYPT_ROUNDS)).decode()
