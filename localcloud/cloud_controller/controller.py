"""The loop of one cluster's cloud controller."""

from __future__ import annotations

import logging
import threading

from localcloud.cloud_controller.digitalocean import ApiError as DigitalOceanError
from localcloud.cloud_controller.gateways import GatewayServices
from localcloud.cloud_controller.kubernetes import ERRORS, Kubernetes
from localcloud.cloud_controller.nodes import droplets
from localcloud.cloud_controller.registry_secrets import RegistrySecrets
from localcloud.cloud_controller.services import LoadBalancerServices
from localcloud.cloud_controller.volumes import BlockVolumes

INTERVAL_SECONDS = 1.0

log = logging.getLogger("cloud-controller")


class Controller:
    """Looks at the cluster every INTERVAL_SECONDS, and acts on what differs.

    Three lists a second of a small cluster cost less than watches that have to be kept alive.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        services: LoadBalancerServices,
        gateways: GatewayServices,
        registry: RegistrySecrets,
    ) -> None:
        self._kubernetes, self._services, self._gateways = kubernetes, services, gateways
        self._registry, self._volumes = registry, BlockVolumes(kubernetes)

    def run(self, stop: threading.Event) -> None:
        """Reconcile until `stop` is set; retry a cluster that does not answer."""
        quiet = False
        while not stop.is_set():
            try:
                self.reconcile()
                quiet = False
            except (*ERRORS, DigitalOceanError) as error:
                if not quiet:
                    log.warning("the cluster: %s", error)
                quiet = True
            stop.wait(INTERVAL_SECONDS)

    def reconcile(self) -> None:
        """Look once.

        Raises:
            ApiError: of lightkube: the API server refused.
            httpx2.HTTPError: it does not answer.
            DigitalOceanError: the account's API refused.
        """
        services = self._kubernetes.services()
        self._gateways.reconcile(self._kubernetes.gateways(), services)
        self._services.reconcile(services, droplets(self._kubernetes.nodes()))
        self._registry.reconcile()
        self._volumes.reconcile()
