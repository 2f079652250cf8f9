"""Checks of names: each is valid where it is used, whole, and no two things of one kind have the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

from infra.config.preview_environment import STACK_PREFIX
from infra.config.schema import StackSettings
from infra.config.section import Engine

# docs.digitalocean.com/products/kubernetes: nodes are called after their pool, with a dash and five characters, and a
# name in Kubernetes' labels has at most 63.
LONGEST_POOL = 57
# Of managed databases, as the API takes it; a load balancer, a VPC and a cluster may have longer ones.
LONGEST_NAME = 63
STACK = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
DEFAULT_POOL = "default"
# Namespaces that Kubernetes or DOKS makes.
SYSTEM_NAMESPACES = {"default", "kube-system", "kube-public", "kube-node-lease"}
STACKS_OWN = {"ingress", "alerts", "logs", "gateway"}  # releases and secrets of the stack itself
# A release, a Secret or a role of its own has each of these names.
DATABASES_OWN = {*get_args(Engine), "admin", "postgres"}
# What the chart adds to a service's name, and so cannot be another service's.
ENDINGS = ("migrate", "test", "jobs", "before", "gateway", "canary", "canary-route")
# What commands add to it, while they run, and by which command.
COMMANDS_OWN = {"run": "run", "maintenance": "maintenance", "maintenance-origin": "maintenance"}
EXAMPLE = re.compile(r"(^|[.@])example\.(com|net|org)$|\.(example|test|invalid)$")
CHARTS_VARIABLES = ("PORT", "RELEASE_SHA")  # which the chart gives every container


def find_name_problems(settings: StackSettings) -> list[str]:
    """Return every name of a stack file that something else has already, each as a sentence."""
    return [*_namespace(settings), *_pools(settings), *_services(settings), *_variables(settings)]


def find_stack_problems(settings: StackSettings, project: str, stack: str) -> list[str]:
    """Return what is wrong with a stack's name, and with every name that begins with it, each as a sentence.

    Args:
        project: what the stack's name follows: `slipway`.
    """
    if not STACK.fullmatch(stack):
        advice = "use lower-case letters, digits and dashes, a letter first (`pulumi stack rename`)"
        return [f"the stack is called {stack!r}, which becomes a part of names and labels; {advice}"]
    if settings.pull_request is not None and stack != f"{STACK_PREFIX}{settings.pull_request.number}":
        return [f"slipway:pullRequest is a key of preview environments, and the stack is called {stack!r}; remove it"]
    composed = {
        f"slipway:databases: {each.engine}": f"{project}-{stack}-{each.engine}" for each in settings.databases
    }
    limits = dict.fromkeys(composed, LONGEST_NAME)
    pools = {"slipway:cluster.defaultPool": DEFAULT_POOL} | {
        f"slipway:cluster.workloadPools[{at}]": f"{pool.name}-{pool.size}"
        for at, pool in enumerate(settings.cluster.workload_pools)
    }
    for key, name in pools.items():
        composed[key], limits[key] = f"{project}-{stack}-{name}", LONGEST_POOL
    return [
        f"{key} would be called {name!r}, of {len(name)} characters; at most {limits[key]} are possible: shorten the "
        "name, or the stack's"
        for key, name in composed.items()
        if len(name) > limits[key]
    ]


def find_example_problems(settings: StackSettings) -> list[str]:
    """Return every host and address that is still the example's, which nobody can own, each as a sentence.

    https://www.rfc-editor.org/rfc/rfc2606#section-3 reserves these domains.
    """
    named = {"slipway:ingress.zone": settings.ingress.zone or ""}
    named |= {f"slipway:alerts.emails[{at}]": each for at, each in enumerate(settings.alerts.emails)}
    return [
        f"{key} is {value!r}, which is an example's; write your own, or remove it"
        for key, value in named.items()
        if EXAMPLE.search(value)
    ]


def _namespace(settings: StackSettings) -> Iterator[str]:
    if settings.namespace in SYSTEM_NAMESPACES or settings.namespace.startswith("kube-"):
        yield f"slipway:namespace is {settings.namespace!r}, which is Kubernetes' own; write another"


def _pools(settings: StackSettings) -> Iterator[str]:
    for at, pool in enumerate(settings.cluster.workload_pools):
        if pool.name == DEFAULT_POOL:
            key = f"slipway:cluster.workloadPools[{at}].name"
            yield f"{key} is {pool.name!r}, which the default pool has; write another"


def _services(settings: StackSettings) -> Iterator[str]:
    names = list(settings.services)
    added = {f"{name}-{ending}": f"{name}'s chart" for name in names for ending in ENDINGS}
    added |= {
        f"{name}-{ending}": f"`slipway {command}` of {name}"
        for name in names
        for ending, command in COMMANDS_OWN.items()
    }
    for database in settings.databases:
        engine = database.engine
        added |= {f"{engine}-{ending}": f"the database {engine}" for ending in ("admin", "access", "ca")}
        added |= {f"{engine}-{client}": f"{client}'s access to {engine}" for client in settings.clients(database)}
    added[f"registry-{settings.registry.name}"] = "the Secret that nodes pull with"
    for name, service in settings.services.items():
        key = f"slipway:services.{name}: the service is called {name!r}"
        if name in STACKS_OWN:
            yield f"{key}, which the stack itself uses; write another name"
        elif name in DATABASES_OWN:
            yield f"{key}, which names a database or its administrator; write another name"
        elif name in added:
            yield f"{key}, which {added[name]} has already; write another name"
        elif name.startswith("pg-") and "postgresql" in service.databases:
            yield f"{key}, and PostgreSQL keeps role names that begin with pg_ for itself; write another name"


def _variables(settings: StackSettings) -> Iterator[str]:
    for service in settings.services.values():
        key = f"slipway:services.{service.name}"
        for name in sorted({*service.environment, *service.secrets} & set(CHARTS_VARIABLES)):
            instead = f"{key}.port" if name == "PORT" else "slipway:release"
            yield f"{key} sets {name}, which every container has from {instead}; remove it"
