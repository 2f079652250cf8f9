"""`python -m localcloud.providers NAME…`: serve providers until standard input ends.

Prints one line once they answer, in the form that PULUMI_DEBUG_PROVIDERS has: `digitalocean:40001,docker:40002`.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

from localcloud.providers import server
from localcloud.providers.provider import Provider


def _digitalocean() -> Provider:
    from localcloud.providers.digitalocean.provider import DigitalOcean

    return DigitalOcean()


def _docker() -> Provider:
    from localcloud.providers.docker.provider import Docker

    return Docker()


def _kubernetes() -> Provider:
    from localcloud.providers.kubernetes.provider import Kubernetes

    return Kubernetes()


PROVIDERS: dict[str, Callable[[], Provider]] = {
    "digitalocean": _digitalocean,
    "docker": _docker,
    "kubernetes": _kubernetes,
}


def main(names: list[str]) -> int:
    """Serve the providers of these names; the exit status."""
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.INFO, stream=sys.stderr)
    for chatty in ("httpx", "httpx2", "azure"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    providers = {name: PROVIDERS[name]() for name in names}
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
