"""Checks of a stack file that look at more than one value."""

from __future__ import annotations

import ipaddress
import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from infra.config.alert_checks import find_alert_problems
from infra.config.database import Database
from infra.config.names import find_name_problems
from infra.config.preview_checks import find_preview_environment_problems
from infra.config.schema import StackSettings
from infra.config.service_checks import (
    find_client_problems,
    find_folder_problems,
    find_resource_problems,
    find_service_problems,
)

REPOSITORIES = {"starter": 1, "basic": 5}  # DigitalOcean's limits of the registry's two smaller tiers
OLDEST = (1, 33)  # the oldest minor version of Kubernetes that the generic chart is checked against
MANAGED = {"postgresql": "pg", "valkey": "valkey"}  # as DigitalOcean calls its engines
VARIABLES = {"postgresql": ["DATABASE_URL"], "valkey": ["REDIS_URL"], "qdrant": ["QDRANT_URL", "QDRANT_API_KEY"]}
# https://docs.digitalocean.com/products/databases/postgresql/details/limits/: of each GiB, less what it keeps itself.
CONNECTIONS_PER_GIB = 25
RESERVED_CONNECTIONS = 3
MEMORY = re.compile(r"-(\d+)gb\b")  # of a size such as db-s-1vcpu-2gb
# docs.digitalocean.com/products/networking/vpc/details/limits: DigitalOcean's own, everywhere or in a region.
RESERVED_RANGES = ("10.229.0.0/16", "10.244.0.0/16", "10.245.0.0/16", "10.246.0.0/24")
RESERVED_IN_REGION = {
    "ams3": ["10.18.0.0/16"], "blr1": ["10.47.0.0/16"], "fra1": ["10.19.0.0/16"], "lon1": ["10.16.0.0/16"],
    "nyc1": ["10.10.0.0/16"], "nyc2": ["10.13.0.0/16"], "nyc3": ["10.17.0.0/16"], "sfo2": ["10.46.0.0/16"],
    "sfo3": ["10.48.0.0/16"], "sgp1": ["10.15.0.0/16"], "syd1": ["10.49.0.0/16"], "tor1": ["10.20.0.0/16"],
}  # fmt: skip
DIGITALOCEAN = "registry.digitalocean.com/"


def find_problems(settings: StackSettings, checkout: Path | None) -> list[str]:
    """Return every contradiction between values, each as a sentence.

    Args:
        checkout: the root of the repository, with the services' folders; None: they are not looked at.
    """
    return [
        *find_name_problems(settings),
        *_overlaps(settings),
        *_reserved(settings),
        *_cluster(settings),
        *_pools(settings),
        *_ingress(settings),
        *_placement(settings),
        *_addons(settings),
        *_databases(settings),
        *_services(settings, checkout),
        *_registry(settings),
        *_images(settings),
        *_canary(settings),
        *find_alert_problems(settings),
        *find_preview_environment_problems(settings),
    ]


def _reserved(settings: StackSettings) -> Iterator[str]:
    reserved = [*RESERVED_RANGES, *RESERVED_IN_REGION.get(settings.region, [])]
    for key, text in _ranges(settings).items():
        for other in reserved:
            if ipaddress.ip_network(text).overlaps(ipaddress.ip_network(other)):
                yield f"{key} is {text} and overlaps {other}, which is DigitalOcean's own; write another range"


def _ranges(settings: StackSettings) -> dict[str, str]:
    return {
        "slipway:network.ipRange": settings.network.ip_range,
        "slipway:cluster.clusterSubnet": settings.cluster.cluster_subnet,
        "slipway:cluster.serviceSubnet": settings.cluster.service_subnet,
    }


def _overlaps(settings: StackSettings) -> Iterator[str]:
    for (key, text), (other, other_text) in combinations(_ranges(settings).items(), 2):
        if ipaddress.ip_network(text).overlaps(ipaddress.ip_network(other_text)):
            yield f"{key} is {text} and overlaps {other}, {other_text}; write a range of its own"


def _cluster(settings: StackSettings) -> Iterator[str]:
    cluster = settings.cluster
    major, minor, *_ = cluster.version.split(".")
    if (int(major), int(minor)) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        yield f"slipway:cluster.version is {cluster.version!r}; write {oldest} or newer, which the chart needs"
    if cluster.firewall.enabled and not cluster.firewall.allowed_addresses:
        yield (
            "slipway:cluster.firewall.allowedAddresses is empty and the firewall enabled, which shuts everyone out; "
            "write where deployments come from"
        )


def _pools(settings: StackSettings) -> Iterator[str]:
    pools = {"defaultPool": settings.cluster.default_pool}
    pools |= {f"workloadPools[{at}]": pool for at, pool in enumerate(settings.cluster.workload_pools)}
    for key, pool in pools.items():
        if pool.min_nodes > pool.max_nodes:
            yield (
                f"slipway:cluster.{key}.minNodes is {pool.min_nodes}, above its maxNodes {pool.max_nodes}; "
                f"write at most {pool.max_nodes}"
            )
    yield from _duplicates("cluster.workloadPools", "name", [pool.name for pool in settings.cluster.workload_pools])


def _ingress(settings: StackSettings) -> Iterator[str]:
    zone = settings.ingress.zone
    if zone is None and settings.hosts:
        host = settings.hosts[0]
        yield f"slipway:ingress.zone is null and a service has the host {host}; write its zone, or host: null"
    for name, service in settings.services.items():
        if zone and service.host and not _covers(zone, service.host):
            yield (
                f"slipway:services.{name}.host is {service.host!r}, which the certificate of slipway:ingress.zone "
                f"does not cover: it is for {zone} and *.{zone}; write one of these, such as {service.name}.{zone}"
            )


def _covers(zone: str, host: str) -> bool:
    """Whether a certificate for the zone and its wildcard is good for a host: a wildcard stands for one label."""
    return host == zone or host.partition(".")[2] == zone


def _placement(settings: StackSettings) -> Iterator[str]:
    """Whether every pool that is named exists, and every pool with taints is named."""
    pools = {pool.name: pool for pool in settings.cluster.workload_pools}
    named = {f"slipway:services.{name}.pool": service.pool for name, service in settings.services.items()}
    for at, database in enumerate(settings.databases):
        if database.in_cluster:
            named[f"slipway:databases[{at}].inCluster.pool"] = database.in_cluster.pool
    for key, pool in named.items():
        if pool is not None and pool not in pools:
            known = ", ".join(pools) or "none"
            yield f"{key} is {pool!r}, which slipway:cluster.workloadPools lacks (it has {known}); write one, or null"
    for at, unnamed in enumerate(settings.cluster.workload_pools):
        if unnamed.taints and unnamed.name not in named.values():
            yield (
                f"slipway:cluster.workloadPools[{at}].taints keep every pod away that does not name the pool, and "
                f"none does; write pool: {unnamed.name} in a service, or taints: []"
            )


def _addons(settings: StackSettings) -> Iterator[str]:
    scaled = [name for name, service in settings.services.items() if service.replicas.min != service.replicas.max]
    if scaled and not settings.addons.metrics_server:
        yield (
            f"slipway:addons.metricsServer is false and {scaled[0]} scales by its load; "
            "write true, or replicas with min and max equal"
        )


def _databases(settings: StackSettings) -> Iterator[str]:
    yield from _duplicates("databases", "engine", [database.engine for database in settings.databases])
    for at, database in enumerate(settings.databases):
        key, managed = f"slipway:databases[{at}]", database.managed
        if (managed is None) == (database.in_cluster is None):
            yield f"{key}: {database.engine} must be one of managed and inCluster; write the other as null"
        if managed and database.engine not in MANAGED:
            yield f"{key}.managed: DigitalOcean offers no {database.engine}; write null, and inCluster"
        if managed and managed.maintenance.day == "any":
            yield f"{key}.managed.maintenance.day is 'any', which only clusters know; write a day"
        if managed and managed.nodes > 1 and managed.size.endswith("-1gb"):
            yield f"{key}.managed.nodes is {managed.nodes}: a size of 1 GB has no standby; write 1, or a larger size"
        if managed and (managed.pool_size is None) == (database.engine == "postgresql"):
            wanted = "a number" if database.engine == "postgresql" else "null: only postgresql has a pool"
            yield f"{key}.managed.poolSize is {json.dumps(managed.pool_size)}; write {wanted}"
        yield from _connections(key, database, len(settings.clients(database)))
        if database.in_cluster:
            yield from find_resource_problems(f"{key}.inCluster", database.in_cluster.resources)
    here = {database.engine for database in settings.databases}
    for name, service in settings.services.items():
        key = f"slipway:services.{name}"
        yield from _duplicates(f"services.{name}", "databases", list(service.databases))
        for engine in service.databases:
            if engine not in here:
                yield f"{key}.databases has {engine}, which slipway:databases lacks; add it there"
            for variable in sorted(set(VARIABLES[engine]) & {*service.environment, *service.secrets}):
                yield f"{key} sets {variable}, which comes with the database {engine}; write it in one of the two"


def _connections(key: str, database: Database, clients: int) -> Iterator[str]:
    """Each client has a pool of its own; together they must leave the server one connection for a release's job."""
    managed = database.managed
    memory = MEMORY.search(managed.size) if managed else None
    if managed is None or managed.pool_size is None or memory is None:
        return
    limit = CONNECTIONS_PER_GIB * int(memory[1]) - RESERVED_CONNECTIONS
    if managed.pool_size * clients >= limit:
        yield (
            f"{key}.managed.poolSize is {managed.pool_size} for each of {clients} services, and {managed.size} takes "
            f"{limit} connections, one of them a release's; write at most {(limit - 1) // clients}, or a larger size"
        )


def _services(settings: StackSettings, checkout: Path | None) -> Iterator[str]:
    for field in ("host", "node_port"):
        values = [getattr(service, field) for service in settings.services.values()]
        values = [value for value in values if value is not None]
        yield from _duplicates("services", field.replace("node_port", "nodePort"), values)
    for name, service in settings.services.items():
        key = f"slipway:services.{name}"
        if checkout is not None:
            yield from find_folder_problems(key, service, checkout)
        yield from find_service_problems(key, service, settings.rollout_seconds, settings.cluster.version)
    yield from find_client_problems(settings.services)


def _registry(settings: StackSettings) -> Iterator[str]:
    registry = settings.registry
    if registry.host.startswith(DIGITALOCEAN) and registry.host != DIGITALOCEAN + registry.name:
        wanted = DIGITALOCEAN + registry.name
        yield f"slipway:registry.host is {registry.host!r} and its name {registry.name!r}; write {wanted}"
    limit = REPOSITORIES.get(registry.tier)
    if limit is not None and len(settings.services) > limit:
        yield (
            f"slipway:registry.tier is {registry.tier!r}, which holds {limit} repositories, and there are "
            f"{len(settings.services)} services; write a larger tier"
        )


def _images(settings: StackSettings) -> Iterator[str]:
    services = settings.services.keys()
    _, _, names = settings.images.partition(":")
    if strangers := sorted(set(filter(None, names.split(","))) - services):
        listed = ", ".join(sorted(services))
        yield f"slipway:images builds {', '.join(strangers)}, which is no service; there are {listed}"


def _canary(settings: StackSettings) -> Iterator[str]:
    for name in settings.canary:
        service = settings.services.get(name)
        if service is None:
            yield f"slipway:canary has {name}, which is no service; there are {', '.join(sorted(settings.services))}"
        elif service.host is None or service.verify.canary is None:
            yield f"slipway:canary has {name}, which lacks a host or `verify.canary`; write both, or remove it"


def _duplicates(key: str, field: str, values: list[object]) -> Iterator[str]:
    for value, times in Counter(values).items():
        if times > 1:
            yield f"slipway:{key}: {times} entries have {field} {value!r}; give each its own"
