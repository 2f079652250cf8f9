"""`python -m localcloud.api`: serve the emulated API; its token comes from DIGITALOCEAN_TOKEN."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import uvicorn

from localcloud.api.application import create_application

USAGE = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m localcloud.api", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--state", type=Path, required=True, help="folder of its database")
    parser.add_argument("--credentials", type=Path, required=True, help="JSON file of the cluster's credentials")
    parser.add_argument("--registry", required=True, help="URL of the registry that holds the images")
    options = parser.parse_args()
    token = os.environ.get("DIGITALOCEAN_TOKEN")
    if not token:
        print("DIGITALOCEAN_TOKEN is not set; set it to the token that callers must show", file=sys.stderr)
        return USAGE
    app = create_application(
        state=options.state, token=token, credentials=options.credentials, registry_url=options.registry
    )
    uvicorn.run(app, host=options.host, port=options.port, log_level="warning", timeout_graceful_shutdown=5)
    return 0


if __name__ == "__main__":
    sys.exit(main())
