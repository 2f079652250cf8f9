"""`python -m localcloud.cloud_controller`: be the cloud controller of one cluster.

Environment: DIGITALOCEAN_TOKEN, a token of the account.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from localcloud.cloud_controller.controller import Controller
from localcloud.cloud_controller.digitalocean import DigitalOcean
from localcloud.cloud_controller.gateways import GatewayServices
from localcloud.cloud_controller.kubernetes import Kubernetes
from localcloud.cloud_controller.registry_secrets import RegistrySecrets
from localcloud.cloud_controller.services import LoadBalancerServices

USAGE = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m localcloud.cloud_controller", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--api-url", required=True, help="of DigitalOcean's API, without a path")
    parser.add_argument("--cluster", required=True, help="id of the cluster")
    parser.add_argument("--region", required=True, help="slug of the cluster's region")
    parser.add_argument("--vpc", default="", help="id of the cluster's network; the region's default if empty")
    parser.add_argument("--gateway-address", required=True, help="where the gateway's program listens")
    options = parser.parse_args()
    token = os.environ.get("DIGITALOCEAN_TOKEN")
    if not token:
        print("DIGITALOCEAN_TOKEN is not set; `--help` says what it is for", file=sys.stderr)
        return USAGE
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each request
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    kubernetes = Kubernetes(options.kubeconfig)
    digitalocean = DigitalOcean(options.api_url, token)
    services = LoadBalancerServices(kubernetes, digitalocean, options.region, options.vpc)
    gateways = GatewayServices(kubernetes, options.gateway_address)
    registry = RegistrySecrets(kubernetes, digitalocean, options.cluster)
    Controller(kubernetes, services, gateways, registry).run(stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
