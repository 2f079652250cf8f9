"""Each row changes a container registry or its credentials."""

from __future__ import annotations

from .resource_types import CREDENTIALS, REGISTRY
from .row import Table


def add_registries(table: Table) -> None:
    table.add("registry tier", REGISTRY, {}, {"subscriptionTierSlug": "basic"}, "update", applied=False)
    table.add("registry region", REGISTRY, {}, {"region": "ams3"}, "replace")
    table.add("registry region left to the cloud", REGISTRY, {}, {"region": None}, "same")
    table.add("registry name", REGISTRY, {}, {"name": "registry-other"}, "replace")
    table.add("credentials may write", CREDENTIALS, {}, {"write": True}, "update")
    table.add("credentials expiry", CREDENTIALS, {}, {"expirySeconds": 3600}, "update")
    table.add("credentials default expiry", CREDENTIALS, {}, {"expirySeconds": 1_576_800_000}, "same")
    table.add("credentials registry", CREDENTIALS, {}, {"registryName": "second-registry"}, "replace")
