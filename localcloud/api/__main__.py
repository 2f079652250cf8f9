"""`python -m localcloud.api`: serve the emulated API.

Environment: DIGITALOCEAN_TOKEN, the token that callers must show; REGISTRY_URL, the registry that holds the images,
with its login (`http://user:password@host`), as command lines can be read by all.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path

import uvicorn

from localcloud.api.application import create_application
from localcloud.api.backends import Backends
from localcloud.api.connections import DroppableConnections

USAGE = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m localcloud.api", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--state", type=Path, required=True, help="folder of its database")
    parser.add_argument("--credentials", type=Path, required=True, help="JSON file of the cluster's credentials")
    parser.add_argument(
        "--backends", metavar="MODULE", help="module whose `create_backends()` makes the real services behind the API"
    )
    options = parser.parse_args()
    token, registry = os.environ.get("DIGITALOCEAN_TOKEN"), os.environ.get("REGISTRY_URL")
    if not token or not registry:
        name = "REGISTRY_URL" if token else "DIGITALOCEAN_TOKEN"
        print(f"{name} is not set; `python -m localcloud.api --help` says what it is for", file=sys.stderr)
        return USAGE
    app = create_application(
        state=options.state,
        token=token,
        credentials=options.credentials,
        registry_url=registry,
        backends=_create_backends(options.backends),
    )
    uvicorn.run(
        DroppableConnections(app),
        host=options.host,
        port=options.port,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )
    return 0


def _create_backends(module: str | None) -> Backends:
    """The services; by a module's name, so that the API itself depends on none of them."""
    if module is None:
        return Backends()
    backends: Backends = importlib.import_module(module).create_backends()
    return backends


if __name__ == "__main__":
    sys.exit(main())
