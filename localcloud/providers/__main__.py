"""`python -m localcloud.providers NAME…`: serve providers until standard input ends.

Prints one line once they answer, in the form that PULUMI_DEBUG_PROVIDERS has: `digitalocean:40001,docker:40002`.
"""

from __future__ import annotations

import logging
import os
import pkgutil
import sys

from localcloud.providers import server
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
    providers = {name: _create_provider(name) for name in names}
    serving = {name: server.start(provider) for name, provider in providers.items()}
    print(",".join(f"{name}:{port}" for name, (_, port) in serving.items()), flush=True)
    os.close(1)  # whoever started us reads to the end of it
    sys.stdin.read()  # ends with whoever started us
    for provider in providers.values():
        provider.cancel()  # else their threads would keep this process for as long as a Helm release takes
    for one, _ in serving.values():
        one.stop(grace=None)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
