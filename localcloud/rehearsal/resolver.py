"""Run commands as on a machine that resolves the account's zones and trusts its certificates.

A mount namespace of their own has another /etc/resolv.conf; an environment variable names the trusted authorities.
So a browser, `curl`, Pulumi and `slipway` all use the public host names, and nothing of the machine is changed.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

RESOLVER_FILE = Path("/etc/resolv.conf")
TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")


def enter(name_server: str, folder: Path) -> list[str]:
    """Return the words before a command that give it a name server.

    Args:
        name_server: IPv4 address.
        folder: where the resolver's file is written.
    """
    file = folder / "resolv.conf"
    file.write_text(f"nameserver {name_server}\noptions timeout:2 attempts:2\n")
    bind = shlex.join(["mount", "--bind", str(file), str(RESOLVER_FILE.resolve())])
    return ["unshare", "--mount", "--propagation=private", "--", "sh", "-c", f'{bind} && exec "$@"', "sh"]


def write_trust_bundle(authorities: Sequence[Path], folder: Path) -> Path:
    """Write the machine's authorities and the accounts' into one file, for SSL_CERT_FILE."""
    file = folder / "authorities.pem"
    system = TRUSTED.read_text() if TRUSTED.exists() else ""
    file.write_text(system + "".join(authority.read_text() for authority in authorities))
    return file
