"""The files of one server that runs as an account of its own, not as root.

The instance's home is readable by root alone, so that account cannot reach a folder below it. The server sees its
folder at MOUNT instead, in a mount namespace of its own. Looked at beside it: a home that everybody may traverse, and
the capability that reads everything.
"""

from __future__ import annotations

import pwd
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud.machine.certificates import Pair

MOUNT = Path("/mnt")  # on every system, and empty in a namespace of the server's own
ENTER = 'mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"'


@dataclass(frozen=True, kw_only=True)
class ServerFolder:
    """A folder of the account `account`, as the server sees it at MOUNT.

    Attributes:
        path: where it is on this machine.
        account: a name in /etc/passwd.
    """

    path: Path
    account: str

    def create(self) -> None:
        """Make the folder and that of its sockets."""
        for folder in (self.path, self.path / "socket"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._hand_over(folder)

    def write(self, name: str, content: str) -> bool:
        """Write a file that the account alone reads; whether it has changed."""
        file = self.path / name
        if file.exists() and file.read_text(encoding="utf-8") == content:
            return False
        partial = file.with_name(f"{name}.partial")
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        partial.write_text(content, encoding="utf-8")
        self._hand_over(partial)
        partial.replace(file)
        return True

    def write_certificate(self, pair: Pair, authority: Path) -> bool:
        """Write server.crt, server.key and ca.crt; whether one has changed."""
        sources = {"server.crt": pair.certificate, "server.key": pair.key, "ca.crt": authority}
        changed = [self.write(name, source.read_text(encoding="ascii")) for name, source in sources.items()]
        return any(changed)

    def command(self, words: Sequence[str | Path]) -> list[str]:
        """The command that runs `words` as the account, with this folder at MOUNT. Its process is the program's."""
        return [
            *("unshare", "--mount", "--propagation", "private", "--"),
            *("sh", "-c", ENTER, "sh", str(self.path), str(MOUNT)),
            *("setpriv", f"--reuid={self.account}", f"--regid={self.account}", "--init-groups", "--"),
            *map(str, words),
        ]

    def _hand_over(self, path: Path) -> None:
        user = pwd.getpwnam(self.account)
        shutil.chown(path, user.pw_uid, user.pw_gid)
