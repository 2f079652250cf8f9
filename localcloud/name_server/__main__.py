"""`python -m localcloud.name_server`: serve the zones of a file."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from localcloud.name_server.server import NameServer


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m localcloud.name_server", description=__doc__)
    parser.add_argument("--zones", type=Path, required=True, help="JSON file; read again when it changes")
    parser.add_argument("--address", action="append", required=True, help="to listen on; may be repeated")
    parser.add_argument("--port", type=int, default=53)
    parser.add_argument("--upstream", action="append", default=[], help="name server for all else; may be repeated")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    server = NameServer(options.zones, options.upstream)
    try:
        asyncio.run(server.run(options.address, options.port))
    except OSError as error:
        print(f"port {options.port}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
