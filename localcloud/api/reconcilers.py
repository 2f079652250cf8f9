"""The jobs of every kind of resource."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from localcloud.api import (
    certificates,
    cluster_jobs,
    clusters,
    database_jobs,
    databases,
    load_balancer_jobs,
    load_balancers,
    registry_jobs,
    zones,
)
from localcloud.api.account import Account
from localcloud.api.jobs import Jobs

Work = Callable[[Account, str], None]
Failure = Callable[[Account, str, str], None]


def register(account: Account) -> None:
    """Tell the account's jobs how each kind is done."""
    jobs: Jobs = account.jobs
    table: tuple[tuple[str, Work, Failure], ...] = (
        (clusters.KIND, cluster_jobs.match, cluster_jobs.fail),
        (clusters.GONE, cluster_jobs.remove, _leave),
        (databases.KIND, database_jobs.match, database_jobs.fail),
        (databases.GONE, database_jobs.remove, _leave),
        (load_balancers.KIND, load_balancer_jobs.match, load_balancer_jobs.fail),
        (load_balancers.GONE, load_balancer_jobs.remove, _leave),
        (certificates.KIND, certificates.match, certificates.fail),
        (zones.ZONES, zones.match, _leave),
        (registry_jobs.COLLECTION, registry_jobs.collect, _leave),
    )
    for kind, work, failed in table:
        jobs.register(kind, partial(work, account), partial(failed, account))


def _leave(account: Account, identity: str, message: str) -> None:
    """What could not be removed stays a member of its network, and is in the emulator's log."""
