"""The stack file's databases are checked: engines, sizes, versions and storage."""

from __future__ import annotations

import pytest
from infra_stacks import settings_of

from infra.config.settings import validate_settings

from .staging_file import assert_refused

pytestmark = pytest.mark.usefixtures("repository")

DATABASES = settings_of("staging")["databases"]
IN_CLUSTER = DATABASES[2]["inCluster"]
MANAGED = DATABASES[1]["managed"]
INVALID = [
    (("databases", 2, "inCluster", "resources", "requests", "memory"), "2G", "slipway:databases[2].inCluster.resources.requests.memory is 2G, above limits.memory 1Gi"),
    (("databases", 2, "inCluster", "pool"), "big", "slipway:databases[2].inCluster.pool is 'big', which slipway:cluster.workloadPools lacks"),
    (("databases",), [*DATABASES, {"engine": "valkey", "managed": None, "inCluster": IN_CLUSTER}], "slipway:databases: 2 entries have engine 'valkey'; give each its own"),
    (("databases", 2, "inCluster"), None, "slipway:databases[2]: qdrant must be one of managed and inCluster; write the other as null"),
    (("databases", 0, "inCluster"), IN_CLUSTER, "slipway:databases[0]: postgresql must be one of managed and inCluster; write the other as null"),
    (("databases", 2), {"engine": "qdrant", "managed": MANAGED, "inCluster": None}, "slipway:databases[2].managed: DigitalOcean offers no qdrant; write null, and inCluster"),
    (("databases", 0, "managed", "maintenance", "day"), "any", "slipway:databases[0].managed.maintenance.day is 'any', which only clusters know; write a day"),
    (("databases", 0, "managed", "poolSize"), None, "slipway:databases[0].managed.poolSize is null; write a number"),
    (("databases", 0, "managed", "poolSize"), 11, "slipway:databases[0].managed.poolSize is 11 for each of 2 services, and db-s-1vcpu-1gb takes 22 connections, one of them a release's; write at most 10, or a larger size"),
    (("databases", 1, "managed", "nodes"), 2, "slipway:databases[1].managed.nodes is 2: a size of 1 GB has no standby; write 1"),
    (("databases", 2, "inCluster", "storage"), "500", 'slipway:databases[2].inCluster.storage is "500"; write a volume\'s size such as 5Gi'),
    (("databases", 1, "managed", "poolSize"), 5, "slipway:databases[1].managed.poolSize is 5; write null: only postgresql has a pool"),
    (("databases", 2), ..., "chatbot_backend/service.yaml:5: databases has qdrant, which slipway:databases lacks; add it there"),
    (("databases", 0, "engine"), "mysql", "slipway:databases[0].engine is \"mysql\"; write one of 'postgresql', 'valkey' or 'qdrant'"),
    (("databases", 0, "managed", "size"), "s-1vcpu-1gb", 'slipway:databases[0].managed.size is "s-1vcpu-1gb"; write a database size such as db-s-1vcpu-1gb'),
    (("databases", 0, "managed", "version"), 17, "slipway:databases[0].managed.version is 17; write text, in quotes"),
    (("databases", 0, "managed", "version"), "latest", 'slipway:databases[0].managed.version is "latest"; write a major version such as "17", in quotes'),
    (("databases", 0, "managed", "nodes"), 4, "slipway:databases[0].managed.nodes is 4; write a number from 1 to 3"),
    (("databases", 0, "managed", "poolSize"), 0, "slipway:databases[0].managed.poolSize is 0; write a number from 2 to 500"),
    (("databases", 0, "managed", "maintenance", "startTime"), "4", 'slipway:databases[0].managed.maintenance.startTime is "4"; write a time of day'),
    (("databases", 2, "inCluster", "replicas"), 2, "slipway:databases[2].inCluster.replicas is not a key of a stack file; known keys here: storage, pool, resources"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), INVALID, ids=[".".join(map(str, case[0])) for case in INVALID])
def test_an_invalid_database_is_refused_with_key_value_and_fix(path, value, message):
    assert_refused(path, value, message)


def test_the_services_that_use_a_database_are_its_clients():
    settings = validate_settings(settings_of("staging"))
    found = {database.engine: settings.clients(database) for database in settings.databases}
    assert found == {
        "postgresql": ["backend", "chatbot-backend"],
        "valkey": ["backend", "chatbot-backend"],
        "qdrant": ["chatbot-backend"],
    }
