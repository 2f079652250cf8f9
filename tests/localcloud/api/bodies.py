"""Bodies of requests that create a resource."""

from __future__ import annotations

NEW_POOL = {"name": "p", "size": "s-2vcpu-4gb", "auto_scale": True, "min_nodes": 1, "max_nodes": 3,
            "taints": [{"Key": "k", "Value": "v", "Effect": "NoSchedule"}], "tags": ["terraform:default-node-pool"]}  # fmt: skip
NEW_CLUSTER = {"name": "c", "region": "fra1", "version": "1.34.4-do.0", "tags": ["t"], "node_pools": [NEW_POOL]}
NEW_POLICY = {
    "type": "v1/insights/droplet/cpu",
    "description": "CPU",
    "compare": "GreaterThan",
    "value": 80,
    "window": "5m",
    "entities": [],
    "tags": ["x"],
    "alerts": {"email": ["a@b.c"], "slack": []},
    "enabled": True,
}
NEW_DATABASE = {
    "name": "d",
    "engine": "pg",
    "version": "16",
    "size": "db-s-1vcpu-1gb",
    "region": "fra1",
    "num_nodes": 1,
    "tags": ["t"],
}
FIREWALL_RULES = {
    "inbound_rules": [{"protocol": "tcp", "ports": "80", "sources": {"addresses": ["0.0.0.0/0"]}}],
    "outbound_rules": [{"protocol": "icmp", "destinations": {}}],
}
