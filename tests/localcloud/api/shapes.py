"""A shape names the fields of a resource and their JSON types."""

from __future__ import annotations

import re

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Moment:
    """RFC 3339 with its zone."""


VPC = {
    "id": str,
    "urn": str,
    "name": str,
    "description": str,
    "ip_range": str,
    "region": str,
    "created_at": Moment,
    "default": bool,
}
NODE = {
    "id": str,
    "name": str,
    "status": {"state": str},
    "droplet_id": str,
    "created_at": Moment,
    "updated_at": Moment,
}
POOL = {
    "id": str, "name": str, "size": str, "count": int, "tags": [str], "auto_scale": bool, "min_nodes": int,
    "max_nodes": int, "taints": [{"key": str, "value": str, "effect": str}], "nodes": [NODE],
}  # fmt: skip
CLUSTER = {
    "id": str, "name": str, "region": str, "version": str, "surge_upgrade": bool, "ha": bool, "cluster_subnet": str,
    "service_subnet": str, "ipv4": str, "endpoint": str, "tags": [str], "status": {"state": str}, "created_at": Moment,
    "updated_at": Moment, "vpc_uuid": str, "auto_upgrade": bool, "node_pools": [POOL],
    "maintenance_policy": {"start_time": str, "duration": str, "day": str},
}  # fmt: skip
REGISTRY = {"name": str, "region": str, "created_at": Moment, "storage_usage_bytes": int}
SUBSCRIPTION = {"tier": {"slug": str, "included_repositories": int}, "created_at": Moment}
PROJECT = {
    "id": str, "owner_uuid": str, "owner_id": int, "name": str, "description": str, "purpose": str, "environment": str,
    "is_default": bool, "created_at": str, "updated_at": str,
}  # fmt: skip
CONNECTION = {
    "protocol": str,
    "uri": str,
    "database": str,
    "host": str,
    "port": int,
    "user": str,
    "password": str,
    "ssl": bool,
}
DATABASE = {
    "id": str, "name": str, "engine": str, "version": str, "region": str, "size": str, "num_nodes": int, "status": str,
    "storage_size_mib": int, "tags": [str], "connection": CONNECTION, "private_connection": CONNECTION,
    "maintenance_window": {"day": str, "hour": str}, "private_network_uuid": str, "project_id": str, "created_at": Moment,
}  # fmt: skip
RECORD = {"id": int, "type": str, "name": str, "data": str, "ttl": int}
CHECK = {"id": str, "name": str, "type": str, "target": str, "regions": [str], "enabled": bool}
ALERT = {"id": str, "name": str, "type": str, "notifications": {"email": [str], "slack": []}}
POLICY = {"uuid": str, "type": str, "entities": [], "tags": [str], "alerts": {"email": [str], "slack": []}}
FIREWALL = {
    "id": str, "name": str, "status": str, "created_at": str, "droplet_ids": [int], "tags": [str], "pending_changes": [],
    "inbound_rules": [{"protocol": str, "ports": str, "sources": dict}],
    "outbound_rules": [{"protocol": str, "ports": str, "destinations": dict}],
}  # fmt: skip
CERTIFICATE = {
    "id": str, "name": str, "dns_names": [str], "not_after": str, "sha1_fingerprint": str, "created_at": str,
    "state": str, "type": str,
}  # fmt: skip


def assert_matches(value, shape, at="$"):
    """Fail where a value lacks a field of the shape, or has another type."""
    if isinstance(shape, dict):
        for key, inner in shape.items():
            assert key in value, f"{at}.{key} is missing"
            assert_matches(value[key], inner, f"{at}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), at
        for number, each in enumerate(value):
            assert_matches(each, shape[0], f"{at}[{number}]") if shape else None
    elif shape is Moment:
        assert TIME.fullmatch(value), f"{at} is {value!r}"
    else:
        assert type(value) is shape, f"{at} is {value!r}"
