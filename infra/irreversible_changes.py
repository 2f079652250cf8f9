"""Changes of a stack file that would lose data, found before anything is changed.

DigitalOcean can change neither the region of what exists, nor its networks, nor the size of a cluster's own pool: the
provider makes another one in its place. The engine would stop at what is protected, in the middle of the run and
without a word on what to do. So the stack file is compared with the state first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pulumi

from infra.config.database import Database
from infra.config.schema import StackSettings
from infra.stack_state import (
    CLUSTER,
    DATABASE,
    DOMAIN,
    LOAD_BALANCER,
    NAMESPACE,
    REGISTRY,
    RELEASE,
    VPC,
    StackState,
)

DATABASE_CHART = "helm/database"
UNITS = {"Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
ANOTHER_STACK = (
    "make another stack with it (`pulumi stack init`, docs/production.md), move the data "
    "(docs/runbook.md, 'Another region, network or namespace'), and destroy this one"
)


class IrreversibleChangeError(pulumi.RunError):
    """The stack file asks for what would lose data; the text has each key, its old and new value, and the steps."""


def refuse_irreversible_changes(settings: StackSettings, state: StackState) -> None:
    """Stop before a change that loses data; with `protect: false` a stack has nothing to lose.

    Raises:
        IrreversibleChangeError: there is one.
    """
    found = list(find_irreversible_changes(settings, state)) if settings.protect else []
    if found:
        count = f"{len(found)} change" + ("s" if len(found) > 1 else "")
        raise IrreversibleChangeError("\n".join([f"{count} would lose data, and nothing was done:", *found]))


def find_irreversible_changes(settings: StackSettings, state: StackState) -> Iterator[str]:
    """Each change that loses data, as a sentence."""
    yield from _places(settings, state)
    yield from _cluster(settings, state)
    yield from _ingress(settings, state)
    yield from _removed_databases(settings, state)
    for at, database in enumerate(settings.databases):
        yield from _database(f"slipway:databases[{at}]", database, state)


def _places(settings: StackSettings, state: StackState) -> Iterator[str]:
    registry = settings.registry
    values = [
        ("slipway:region", _live(state, VPC, "region"), settings.region, ANOTHER_STACK),
        ("slipway:network.ipRange", _live(state, VPC, "ipRange"), settings.network.ip_range, ANOTHER_STACK),
        ("slipway:namespace", _live(state, NAMESPACE, "metadata", "name"), settings.namespace, ANOTHER_STACK),
    ]
    if registry.owned:
        steps = "images of every release are in it; copy them first (`docker pull`, `docker push`)"
        values += [
            ("slipway:registry.name", _live(state, REGISTRY, "name"), registry.name, steps),
            ("slipway:registry.region", _live(state, REGISTRY, "region"), registry.region, steps),
        ]
    yield from _differences(values)


def _cluster(settings: StackSettings, state: StackState) -> Iterator[str]:
    cluster = settings.cluster
    pool = (
        "it is for DOKS and the add-ons: leave it, add a pool of that size to slipway:cluster.workloadPools, and "
        "name that pool in `pool` of the services that need it"
    )
    key = "slipway:cluster"
    pods, services = (_live(state, CLUSTER, name) for name in ("clusterSubnet", "serviceSubnet"))
    yield from _differences(
        [
            (f"{key}.clusterSubnet", pods, cluster.cluster_subnet, ANOTHER_STACK),
            (f"{key}.serviceSubnet", services, cluster.service_subnet, ANOTHER_STACK),
            (f"{key}.defaultPool.size", _live(state, CLUSTER, "nodePool", "size"), cluster.default_pool.size, pool),
        ]
    )
    if _live(state, CLUSTER, "ha") and not cluster.ha:
        yield _sentence("slipway:cluster.ha", "true", "false", "DigitalOcean cannot switch it off again: write true")


def _ingress(settings: StackSettings, state: StackState) -> Iterator[str]:
    """A zone goes with every record in it, a load balancer with the address that DNS elsewhere points at."""
    zone, live = settings.ingress.zone, _live(state, DOMAIN, "name")
    steps = (
        f"every record in it would go, too: note them (`doctl compute domain records list {live}`), then "
        f"{_unprotect('zone')}, and set slipway:protect to false for that one update"
    )
    if zone and live and settings.ingress.dns == "elsewhere":
        yield _sentence("slipway:ingress.dns", "digitalocean", "elsewhere", steps)
    elif live and zone != live:
        yield _sentence("slipway:ingress.zone", live, zone or "null", steps)
    elif zone is None and state.first(LOAD_BALANCER):
        address = _live(state, LOAD_BALANCER, "ip")
        steps = (
            f"that address would go: {_unprotect('ingress')}, and set slipway:protect to false for that one update"
        )
        yield _sentence("slipway:ingress.zone", f"a load balancer at {address}", "null", steps)


def _removed_databases(settings: StackSettings, state: StackState) -> Iterator[str]:
    """Databases of the state that the stack file has no more, or that no service uses any more."""
    wanted = {database.engine for database in settings.databases if settings.clients(database)}
    releases = [each for each in state.all(RELEASE) if each.outputs.get("chart") == DATABASE_CHART]
    for name in dict.fromkeys(each.name for each in (*state.all(DATABASE), *releases)):
        if name not in wanted:
            yield _sentence(
                "slipway:databases",
                name,
                "no " + name,
                f"dump it, then {_unprotect(name)}, and take it out of the file",
            )


def _database(key: str, wanted: Database, state: StackState) -> Iterator[str]:
    managed = state.first(DATABASE, wanted.engine)
    values = _in_cluster_values(state, wanted.engine)
    dump = f"dump it (`pg_dump`, docs/runbook.md), {_unprotect(wanted.engine)}, change the file, and restore the dump"
    if wanted.in_cluster:
        if managed:
            yield _sentence(key, "managed", "inCluster", dump)
        storage, was = wanted.in_cluster.storage, str(values.get("storage") or "")
        if was and _bytes(storage) < _bytes(was):
            yield _sentence(f"{key}.inCluster.storage", was, storage, f"a volume cannot shrink: write {was}")
    elif values.get("storage"):
        yield _sentence(key, "inCluster", "managed", dump)
    elif managed and wanted.managed:
        live = managed.outputs
        if _memory(wanted.managed.size) < _memory(str(live.get("size"))):
            size = f"DigitalOcean makes no database smaller: write {live['size']}"
            yield _sentence(f"{key}.managed.size", live["size"], wanted.managed.size, size)
        if _number(wanted.managed.version) < _number(str(live.get("version"))):
            version = f'a database cannot go back: write "{live["version"]}"'
            yield _sentence(f"{key}.managed.version", live["version"], wanted.managed.version, version)


def _in_cluster_values(state: StackState, engine: str) -> dict[str, Any]:
    """The chart's values of a database in the cluster; empty where there is none."""
    release = state.first(RELEASE, engine)
    return dict(release.outputs.get("values") or {}) if release else {}


def _differences(values: list[tuple[str, Any, str, str]]) -> Iterator[str]:
    for key, live, wanted, steps in values:
        if live and live != wanted:
            yield _sentence(key, live, wanted, steps)


def _sentence(key: str, live: Any, wanted: Any, steps: str) -> str:
    return f"  - {key} is {wanted}, and the stack has {live}; {steps}"


def _live(state: StackState, type_: str, *path: str) -> Any:
    """An output of the one resource of a type; None where it is not known."""
    resource = state.first(type_)
    value: Any = resource.outputs if resource else None
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _unprotect(name: str) -> str:
    return f"`pulumi state unprotect` what `pulumi stack --show-urns` lists of {name}"


def _memory(size: str) -> int:
    """Gigabytes of a database size (`db-s-2vcpu-4gb`); 0 where its name does not say."""
    found = re.search(r"(\d+)gb", size)
    return int(found[1]) if found else 0


def _number(version: str) -> tuple[int, ...]:
    """`17` and `15.2` as numbers that compare."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _bytes(quantity: str) -> float:
    """A volume's size (`5Gi`)."""
    return float(quantity[:-2]) * UNITS[quantity[-2:]]
