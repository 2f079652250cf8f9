"""A scenario declares its resource with the inputs of its type, and changes some of them."""

from __future__ import annotations

from copy import deepcopy

from .resource_types import (
    BALANCER,
    CERTIFICATE,
    CHECK,
    CLUSTER,
    CONNECTIONS,
    CREDENTIALS,
    DATABASE,
    DB,
    DOMAIN,
    FIREWALL,
    LOGSINK,
    MONITOR_ALERT,
    POOL,
    PROJECT,
    PROJECT_RESOURCES,
    RECORD,
    REGISTRY,
    UPTIME_ALERT,
    USER,
    VPC,
)

HOME = {"$id": "home"}  # the cluster of the node pools
PG = {"$id": "pg"}
HTTP = {"entryProtocol": "http", "entryPort": 80, "targetProtocol": "http", "targetPort": 30080}
HTTPS = {**HTTP, "entryProtocol": "https", "entryPort": 443, "certificateName": "shared-certificate"}
MAIL, OTHER_MAIL = {"emails": ["ops@example.com"]}, {"emails": ["ops@example.com", "on-call@example.com"]}
SLACK = {"slacks": [{"channel": "#ops", "url": "https://hooks.slack.com/services/T/B/X"}]}
OLD, MIDDLE, NEW = "1.33.8-do.0", "1.34.4-do.0", "1.35.1-do.0"
URN = "do:domain:{}.example.com"
Inputs = dict


def create_inputs(type_: str, name: str, number: int) -> Inputs:
    """The inputs of a resource before any change; the number makes its addresses unique."""
    pool = {"name": f"{name}-own", "size": "s-2vcpu-4gb", "autoScale": True, "minNodes": 1, "maxNodes": 2}
    bases = {
        VPC: {"name": name, "region": "fra1", "ipRange": f"10.{number}.0.0/20"},
        REGISTRY: {"name": name, "region": "fra1", "subscriptionTierSlug": "professional"},
        CREDENTIALS: {"registryName": "shared-registry"},
        CLUSTER: {"name": name, "region": "fra1", "version": MIDDLE, "nodePool": pool},
        POOL: {"clusterId": HOME, **pool, "name": name, "labels": {"a": "1", "b": "2"}},
        DATABASE: {
            "name": name, "engine": "pg", "version": "16", "size": "db-s-1vcpu-1gb", "region": "fra1", "nodeCount": 1
        },
        DB: {"clusterId": PG, "name": name},
        USER: {"clusterId": PG, "name": name},
        CONNECTIONS: {
            "clusterId": PG, "name": name, "mode": "transaction", "size": 1, "dbName": "defaultdb", "user": "first"
        },
        BALANCER: {
            "name": name, "region": "fra1", "type": "REGIONAL", "forwardingRules": [HTTP, HTTPS],
            "redirectHttpToHttps": True,
        },
        CERTIFICATE: {"name": name, "type": "lets_encrypt", "domains": ["example.com", "*.example.com"]},
        DOMAIN: {"name": f"{name}.example.com".lower()},
        RECORD: {"domain": {"$id": "zone"}, "type": "A", "name": name, "value": "192.0.2.1", "ttl": 300},
        CHECK: {"name": name, "target": "https://example.com", "regions": ["eu_west", "us_east"]},
        UPTIME_ALERT: {
            "name": name, "checkId": {"$id": "probe"}, "type": "down_global", "period": "2m", "notifications": [MAIL]
        },
        MONITOR_ALERT: {
            "type": "v1/insights/lbaas/avg_cpu_utilization_percent", "compare": "GreaterThan", "value": 80,
            "description": name, "window": "5m", "entities": ["8f2f5f9c-0000-4000-8000-000000000000"], "alerts": MAIL,
        },
        PROJECT: {"name": name, "environment": "Staging"},
        PROJECT_RESOURCES: {"project": {"$id": "group"}, "resources": [URN.format(number)]},
        FIREWALL: {"clusterId": PG, "rules": [{"type": "ip_addr", "value": "10.0.0.1"}]},
        LOGSINK: {"clusterId": PG, "name": name, "server": "logs.example.com", "port": 6514, "tls": True},
    }  # fmt: skip
    return deepcopy(bases[type_])


def change_inputs(inputs: Inputs, changes: Inputs) -> Inputs:
    """The inputs with `a.b` set to a value; None leaves it out."""
    made = deepcopy(inputs)
    for path, value in changes.items():
        *way, last = path.split(".")
        at = made
        for key in way:
            at = at.setdefault(key, {})
        if value is None:
            at.pop(last, None)
        else:
            at[last] = deepcopy(value)
    return made
