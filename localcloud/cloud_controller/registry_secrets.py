"""The pull secret that DOKS keeps in every namespace of a cluster that is integrated with the account's registry.

DigitalOcean makes one Secret a registry, patches each namespace's `default` ServiceAccount, and renews the login
before it expires.
"""

from __future__ import annotations

import base64
import time

from localcloud.cloud_controller.digitalocean import DigitalOcean
from localcloud.cloud_controller.kubernetes import Kubernetes, Object

LOGIN_SECONDS = 24 * 3600
RENEW_SECONDS = LOGIN_SECONDS / 2  # before it expires
LOOK_SECONDS = 5.0  # between two questions whether the cluster is integrated
SERVICE_ACCOUNT = "default"


class RegistrySecrets:
    """Has a login for the registry in every namespace, while the cluster is integrated with it.

    Args:
        cluster: its id.
    """

    def __init__(self, kubernetes: Kubernetes, digitalocean: DigitalOcean, cluster: str) -> None:
        self._kubernetes, self._digitalocean, self._cluster = kubernetes, digitalocean, cluster
        self._registry, self._login = "", ""
        self._looked = self._issued = float("-inf")

    def reconcile(self) -> None:
        """Look once; the API is asked every LOOK_SECONDS.

        Raises:
            ApiError: DigitalOcean's API refused, or does not answer.
        """
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            registry = self._digitalocean.integrated_registry(self._cluster)
            if registry != self._registry or now - self._issued > RENEW_SECONDS:
                self._login = self._digitalocean.registry_login(registry, LOGIN_SECONDS) if registry else ""
                self._registry, self._issued = registry, now
            self._looked = now
        if not self._registry:
            return
        for namespace in self._kubernetes.namespaces():
            self._apply(namespace)

    def _apply(self, namespace: str) -> None:
        name = f"registry-{self._registry}"
        content = base64.b64encode(self._login.encode()).decode()
        held = self._kubernetes.secret(name, namespace)
        if held is None or held.get("data", {}).get(".dockerconfigjson") != content:
            self._kubernetes.apply_secret(_secret(name, namespace, content))
        account = self._kubernetes.service_account(SERVICE_ACCOUNT, namespace)
        if account is not None and {"name": name} not in (account.get("imagePullSecrets") or []):
            self._kubernetes.add_pull_secret(SERVICE_ACCOUNT, namespace, name)


def _secret(name: str, namespace: str, content: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": content},
    }
