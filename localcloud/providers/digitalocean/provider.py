"""The provider: its configuration, its resource types and its functions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from localcloud.providers.digitalocean.certificate import Certificate
from localcloud.providers.digitalocean.client import Client
from localcloud.providers.digitalocean.container_registry import ContainerRegistry
from localcloud.providers.digitalocean.database_cluster import DatabaseCluster
from localcloud.providers.digitalocean.database_connection_pool import DatabaseConnectionPool
from localcloud.providers.digitalocean.database_db import DatabaseDb
from localcloud.providers.digitalocean.database_firewall import DatabaseFirewall
from localcloud.providers.digitalocean.database_logsink import DatabaseLogsinkRsyslog
from localcloud.providers.digitalocean.database_user import DatabaseUser
from localcloud.providers.digitalocean.dns_record import DnsRecord
from localcloud.providers.digitalocean.domain import Domain
from localcloud.providers.digitalocean.functions import FUNCTIONS
from localcloud.providers.digitalocean.kubernetes_cluster import KubernetesCluster
from localcloud.providers.digitalocean.load_balancer import LoadBalancer
from localcloud.providers.digitalocean.monitor_alert import MonitorAlert
from localcloud.providers.digitalocean.node_pool import KubernetesNodePool
from localcloud.providers.digitalocean.project import Project
from localcloud.providers.digitalocean.project_resources import ProjectResources
from localcloud.providers.digitalocean.registry_credentials import RegistryCredentials
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.digitalocean.uptime_alert import UptimeAlert
from localcloud.providers.digitalocean.uptime_check import UptimeCheck
from localcloud.providers.digitalocean.vpc import Vpc
from localcloud.providers.errors import ProviderError
from localcloud.providers.provider import INSTALL, Provider
from localcloud.providers.resource_type import Properties, ResourceType
from localcloud.providers.values import UNKNOWN

ENDPOINT = "https://api.digitalocean.com"
TOKENS = ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN")
# key: (environment variable, otherwise), as the official provider has them
NUMBERS = {
    "httpRetryMax": ("DIGITALOCEAN_HTTP_RETRY_MAX", 4.0),
    "httpRetryWaitMin": ("DIGITALOCEAN_HTTP_RETRY_WAIT_MIN", 1.0),
    "httpRetryWaitMax": ("DIGITALOCEAN_HTTP_RETRY_WAIT_MAX", 30.0),
}
KEYS = frozenset({"apiEndpoint", "token", "version", *NUMBERS})
TYPES: tuple[type[DigitalOceanType], ...] = (
    Vpc,
    Certificate,
    ContainerRegistry,
    DatabaseCluster,
    DatabaseConnectionPool,
    DatabaseDb,
    DatabaseFirewall,
    DatabaseLogsinkRsyslog,
    DatabaseUser,
    DnsRecord,
    Domain,
    KubernetesCluster,
    KubernetesNodePool,
    LoadBalancer,
    MonitorAlert,
    Project,
    ProjectResources,
    RegistryCredentials,
    UptimeAlert,
    UptimeCheck,
)


class DigitalOcean(Provider):
    """`digitalocean`, in the version of the SDK that is installed."""

    package = "digitalocean"
    version = version("pulumi-digitalocean")

    def check_configuration(self, configuration: Properties) -> Iterator[tuple[str, str]]:
        for key in sorted(configuration.keys() - KEYS):
            yield key, f"Slipway's digitalocean provider does not know this key of its configuration; {INSTALL}"
        for key in NUMBERS:
            value = configuration.get(key)
            if value not in (None, UNKNOWN) and _number(value) is None:
                yield key, f"it must be a number of at least 0, and is {value!r}"

    def configure(self, configuration: Properties) -> Sequence[ResourceType]:
        """The resource types on one API; nothing is asked of it yet."""
        client = _client(configuration)
        return [kind(client) for kind in TYPES]

    def invoke(self, token: str, arguments: Mapping[str, Any], configuration: Properties) -> Properties:
        if token not in FUNCTIONS:
            return super().invoke(token, arguments, configuration)
        return FUNCTIONS[token](_client(configuration), arguments)


def _client(configuration: Properties) -> Client:
    """The client of the API that the configuration names.

    Raises:
        ProviderError: a number of it is none.
    """
    known = {key: value for key, value in configuration.items() if value not in (None, UNKNOWN, "")}
    numbers = {}
    for key, (variable, otherwise) in NUMBERS.items():
        number = _number(known.get(key, os.environ.get(variable) or otherwise))
        if number is None:
            raise ProviderError(f"digitalocean:{key} (or {variable}) must be a number of at least 0")
        numbers[key] = number
    return Client(
        endpoint=str(known.get("apiEndpoint") or os.environ.get("DIGITALOCEAN_API_URL") or ENDPOINT).rstrip("/"),
        token=str(known.get("token") or next(filter(None, map(os.environ.get, TOKENS)), "")),
        retries=int(numbers["httpRetryMax"]),
        wait_min=numbers["httpRetryWaitMin"],
        wait_max=numbers["httpRetryWaitMax"],
    )


def _number(value: object) -> float | None:
    """Pulumi passes configuration on as text."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if number >= 0 else None
