"""Each row changes a database cluster."""

from __future__ import annotations

from .resource_types import DATABASE
from .row import Table


def add_databases(table: Table) -> None:
    update = {
        "version": "17", "size": "db-s-2vcpu-4gb", "nodeCount": 2, "region": "ams3", "tags": ["x"],
        "storageSizeMib": "20480", "storageAutoscale": {"enabled": True, "thresholdPercent": 80},
        "maintenanceWindows": [{"day": "sunday", "hour": "04:00"}], "backupRestore": {"databaseName": "other"},
    }  # fmt: skip
    for name, value in update.items():
        table.add(f"database {name}", DATABASE, {}, {name: value}, "update")
    replace = {
        "name": "database-by-another-name", "privateNetworkUuid": {"$id": "new-vpc"},
        "projectId": "8f2f5f9c-0000-4000-8000-000000000000",
    }  # fmt: skip
    for name, value in replace.items():
        table.add(f"database {name}", DATABASE, {}, {name: value}, "replace")
    table.add("database engine", DATABASE, {}, {"engine": "mysql", "version": "8"}, "replace", changed=("engine",))
    window = [{"day": "sunday", "hour": "04:00"}]
    table.add("database maintenance hour", DATABASE, {"maintenanceWindows": window},
              {"maintenanceWindows": [{"day": "sunday", "hour": "05:00"}]}, "update",
              changed=("maintenanceWindows[0].hour",))  # fmt: skip
    table.add("database maintenance seconds", DATABASE, {"maintenanceWindows": window},
              {"maintenanceWindows": [{"day": "sunday", "hour": "04:00:00"}]}, "same")  # fmt: skip
    table.add("database sqlMode", DATABASE, {"engine": "mysql", "version": "8"}, {"sqlMode": "ANSI"}, "update")
    table.add("database evictionPolicy", DATABASE, {"engine": "valkey", "version": "8"},
              {"evictionPolicy": "allkeys_lru"}, "update")  # fmt: skip
    table.add("database redis to valkey", DATABASE, {"engine": "redis", "version": "8"}, {"engine": "valkey"}, "same")
    table.add("database resized by hand", DATABASE, {}, {}, "same", drift="update", changed=("nodeCount", "size"),
              hand=("PUT", "/v2/databases/{id}/resize", {"size": "db-s-2vcpu-4gb", "num_nodes": 2}))  # fmt: skip
    table.add("database deleted by hand", DATABASE, {}, {}, "same", hand=("DELETE", "/v2/databases/{id}", None),
              drift="create")  # fmt: skip
