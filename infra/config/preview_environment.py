"""Derive the configuration of a preview environment from that of the stack whose cluster it is in.

Only what is named here is taken over, so that no secret and no receiver of alerts of that stack comes along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.config.service_file import ReadFile, combine_services

STACK_PREFIX = "pr-"
TAKEN_OVER = (
    "owner",
    "region",
    "network",
    "cluster",
    "ingress",
    "rolloutSeconds",
    "allowDirty",
    "previewEnvironments",
)
OF_THE_PROVIDER = "digitalocean:"  # such as the emulated API's address
STORAGE = "1Gi"  # the least that DigitalOcean's volumes have
RESOURCES = {"requests": {"memory": "96Mi"}, "limits": {"memory": "512Mi"}}
STACKS_OWN = ("host", "url", "nodePort", "scaling", "replicas")
# What a pull request may not choose: ports of other hosts, and a priority for which other pods have to go.
NOT_REVIEWED: Mapping[str, Any] = {"egress": [], "priority": None}
RUNNING = ("web", "worker")  # kinds that have replicas


@dataclass(frozen=True, kw_only=True)
class PreviewEnvironment:
    """The environment of a pull request.

    Attributes:
        number: of the pull request.
        stack: whose cluster it is in.
        release: the commit that runs.
        digests: images by service; None: they are built.
        node_ports: on one machine, where there is no Gateway.
    """

    number: int
    stack: str
    release: str = "HEAD"
    digests: Mapping[str, str] | None = None
    node_ports: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of its stack and of its namespace: `pr-7`."""
        return f"{STACK_PREFIX}{self.number}"


def parse_number(stack: str) -> int | None:
    """The pull request of a stack's or a namespace's name; None where it is no preview environment's."""
    number = stack.removeprefix(STACK_PREFIX)
    valid = stack.startswith(STACK_PREFIX) and number.isascii() and number.isdigit() and not number.startswith("0")
    return int(number) if valid else None


def derive_configuration(
    config: Mapping[str, Any], environment: PreviewEnvironment, read: ReadFile, services: Any = None
) -> dict[str, Any]:
    """Return the whole configuration of an environment, by full key, for a stack file.

    Args:
        config: of the stack whose cluster it is in, by full key.
        read: reads a file of the release.
        services: the release's own `slipway:services` of that stack; None: those of `config`.
    """
    entries = config.get("slipway:services") if services is None else services
    combined = combine_services(entries, read).values
    own = {key: config[f"slipway:{key}"] for key in TAKEN_OVER if f"slipway:{key}" in config}
    derived = {
        "release": environment.release,
        "images": "build" if environment.digests is None else "registry",
        "protect": False,
        "registry": {**_mapping(config, "registry"), "owned": False},
        "namespace": environment.name,
        "addons": {"metricsServer": False},
        "databases": _list_databases(config, combined),
        "pullRequest": {
            "number": environment.number,
            "stack": environment.stack,
            "gatewayNamespace": config.get("slipway:namespace"),
            **({} if environment.digests is None else {"digests": dict(environment.digests)}),
        },
        "services": _list_services(config, environment, entries, combined),
    }
    of_the_provider = {key: value for key, value in config.items() if key.startswith(OF_THE_PROVIDER)}
    return {**of_the_provider, **{f"slipway:{key}": value for key, value in {**own, **derived}.items()}}


def list_hosts(environment: str, zone: str | None, hosts: Mapping[str, str]) -> dict[str, str]:
    """The host of each service in an environment: one label below the zone, as its certificate covers no more.

    Args:
        hosts: of the services in the stack whose zone it is.

    Returns:
        `pr-7.<zone>` for the service at the zone itself, or else for the first; `pr-7-api.<zone>` for `api.<zone>`.
    """
    if zone is None or not hosts:
        return {}
    first = next((name for name, host in hosts.items() if host == zone), next(iter(hosts)))
    labels = {name: f"-{host.removesuffix(zone).rstrip('.')}" for name, host in hosts.items()}
    return {name: f"{environment}{'' if name == first else labels[name]}.{zone}" for name in hosts}


def _list_databases(config: Mapping[str, Any], services: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A small one in the cluster of each engine that a service uses."""
    given = config.get("slipway:databases") or []
    known = {each["engine"]: each.get("inCluster") or {} for each in given if isinstance(each, Mapping)}
    engines = dict.fromkeys(engine for service in services.values() for engine in service.get("databases") or [])
    return [
        {"engine": engine, "inCluster": {"resources": RESOURCES, **known.get(engine, {}), "storage": STORAGE}}
        for engine in engines
    ]


def _list_services(
    config: Mapping[str, Any],
    environment: PreviewEnvironment,
    entries: Any,
    combined: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    zone = _mapping(config, "ingress").get("zone")
    hosts = {name: each["host"] for name, each in combined.items() if isinstance(each.get("host"), str)}
    reached = list_hosts(environment.name, zone, hosts)
    services = {}
    for name, entry in dict(entries or {}).items():
        own = {**{key: value for key, value in (entry or {}).items() if key not in STACKS_OWN}, **NOT_REVIEWED}
        if combined.get(name, {}).get("kind", "web") in RUNNING:
            own |= {"replicas": {"min": 1, "max": 1}, "scaling": None}
        if name in reached:
            own["host"] = reached[name]
        if name in environment.node_ports:
            own["nodePort"] = environment.node_ports[name]
        services[name] = own
    return services


def _mapping(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = config.get(f"slipway:{key}")
    return value if isinstance(value, Mapping) else {}
