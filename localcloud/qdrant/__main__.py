"""Serve Qdrant's REST API; what it reads from the environment is in environment.py."""

from __future__ import annotations

import os
import sys

import uvicorn

from .application import create_application
from .environment import read

USAGE = 2
GRACE = 3  # seconds that requests under way have to end


def main() -> int:
    try:
        environment = read(os.environ)
    except ValueError as error:
        print(error, file=sys.stderr)
        return USAGE
    app = create_application(storage=environment.storage, api_key=environment.api_key)
    uvicorn.run(
        app,
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
