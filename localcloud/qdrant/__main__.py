"""Serve what is offered of Qdrant's REST API, as the environment says, under the names that Qdrant's image reads."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from .application import create_application

PREFIX = "QDRANT__"
# To serve without these, when they are asked for, would let in whom they keep out.
GUARDS = ("SERVICE__ENABLE_TLS", "SERVICE__JWT_RBAC", "SERVICE__READ_ONLY_API_KEY")
LARGEST_PORT = 65535
USAGE = 2
GRACE = 3  # seconds that requests under way have to end


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where to listen, where to store, and the key; every other setting of Qdrant's is left aside."""

    host: str
    port: int
    storage: Path
    api_key: str | None


def read(environ: Mapping[str, str]) -> Environment:
    """What a process's environment says.

    Raises:
        ValueError: a setting is wrong, or one that guards the data is not supported; the text says which.
    """
    for name in GUARDS:
        if environ.get(PREFIX + name, "").lower() not in {"", "false", "0"}:
            raise ValueError(f"{PREFIX}{name} is not supported by this replacement for Qdrant")
    port = environ.get(PREFIX + "SERVICE__HTTP_PORT", "6333")
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= LARGEST_PORT):
        raise ValueError(f"{PREFIX}SERVICE__HTTP_PORT must be a port, not {port!r}")
    return Environment(
        host=environ.get(PREFIX + "SERVICE__HOST", "0.0.0.0"),  # noqa: S104 - as the image  # nosec B104
        port=int(port),
        storage=Path(environ.get(PREFIX + "STORAGE__STORAGE_PATH", "/qdrant/storage")),
        api_key=environ.get(PREFIX + "SERVICE__API_KEY") or None,
    )


def main() -> int:
    try:
        environment = read(os.environ)
    except ValueError as error:
        print(error, file=sys.stderr)
        return USAGE
    uvicorn.run(
        create_application(storage=environment.storage, api_key=environment.api_key),
        host=environment.host,
        port=environment.port,
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=GRACE,
        ws="none",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
