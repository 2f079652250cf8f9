"""`python -m localcloud.providers NAME…`: serve providers until standard input ends.

Prints one line at once, in the form that PULUMI_DEBUG_PROVIDERS has: `digitalocean:40001,docker:40002`. The engine
starts the program meanwhile, whose first request comes later than the imports here end; until then it waits.
"""

from __future__ import annotations

import logging
import os
import pkgutil
import sys
from typing import TYPE_CHECKING

from localcloud.providers.port import Port

if TYPE_CHECKING:
    from localcloud.providers.provider import Provider

# Resolved by name, as each of them takes a while to import.
PROVIDERS = {
    "digitalocean": "localcloud.providers.digitalocean.provider:DigitalOcean",
    "docker": "localcloud.providers.docker.provider:Docker",
    "kubernetes": "localcloud.providers.kubernetes.provider:Kubernetes",
}


def _create_provider(name: str) -> Provider:
    made: Provider = pkgutil.resolve_name(PROVIDERS[name])()
    return made


def main(names: list[str]) -> int:
    """Serve the providers of these names; the exit status."""
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.INFO, stream=sys.stderr)
    for chatty in ("httpx", "httpx2", "azure"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if unknown := [name for name in names if name not in PROVIDERS]:
        sys.exit(f"no provider {', '.join(unknown)}; there are {', '.join(PROVIDERS)}")
    ports = {name: Port.free() for name in names}
    print(",".join(f"{name}:{port.number}" for name, port in ports.items()), flush=True)
    os.close(1)  # whoever started us reads to the end of it

    from localcloud.providers import server

    providers = {name: _create_provider(name) for name in names}
    for name, provider in providers.items():
        server.start(provider, ports[name])
    sys.stdin.read()  # ends with whoever started us
    for provider in providers.values():
        provider.cancel()  # else their threads would keep this process for as long as a Helm release takes
    for port in ports.values():
        port.server.stop(grace=None)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
