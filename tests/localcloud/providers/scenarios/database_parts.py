"""Each row changes a part of a database cluster: a database, user, connection pool, firewall or log sink."""

from __future__ import annotations

from .certificates import create_pems
from .resource_types import CONNECTIONS, DB, FIREWALL, LOGSINK, USER
from .row import Table


def add_database_parts(table: Table) -> None:
    table.add("db name", DB, {}, {"name": "other-db"}, "replace")
    table.add("db cluster", DB, {}, {"clusterId": {"$id": "mysql"}}, "replace")
    table.add("db deleted by hand", DB, {}, {}, "same", drift="create",
              hand=("DELETE", "/v2/databases/{pg}/dbs/db-deleted-by-hand", None))  # fmt: skip
    table.add("user name", USER, {}, {"name": "other-user"}, "replace")
    table.add("user cluster", USER, {}, {"clusterId": {"$id": "mysql"}}, "replace")
    table.add("user mysqlAuthPlugin", USER, {"clusterId": {"$id": "mysql"}},
              {"mysqlAuthPlugin": "mysql_native_password"}, "update")  # fmt: skip
    table.add("user settings", USER, {}, {"settings": [{"acls": [{"topic": "t", "permission": "admin"}]}]}, "update")
    table.add("user deleted by hand", USER, {}, {}, "same", drift="create",
              hand=("DELETE", "/v2/databases/{pg}/users/user-deleted-by-hand", None))  # fmt: skip
    for name, value in {"name": "other-pool", "mode": "session", "size": 2, "dbName": "x", "user": "second"}.items():
        table.add(f"connections {name}", CONNECTIONS, {}, {name: value}, "replace")
    table.add("connections deleted by hand", CONNECTIONS, {}, {}, "same", drift="create",
              hand=("DELETE", "/v2/databases/{pg}/pools/connections-deleted-by-hand", None))  # fmt: skip
    one, two = {"type": "ip_addr", "value": "10.0.0.1"}, {"type": "tag", "value": "x"}
    table.add("db firewall rule", FIREWALL, {"clusterId": {"$id": "fw-1"}}, {"rules": [one, two]}, "update",
              changed=("rules[1]",))  # fmt: skip
    table.add("db firewall order", FIREWALL, {"clusterId": {"$id": "fw-2"}, "rules": [one, two]},
              {"rules": [two, one]}, "same")  # fmt: skip
    table.add(
        "db firewall cluster", FIREWALL, {"clusterId": {"$id": "fw-3"}}, {"clusterId": {"$id": "pg"}}, "replace"
    )
    table.add("db firewall opened by hand", FIREWALL, {"clusterId": {"$id": "mysql"}}, {}, "same", drift="update",
              changed=("rules[0].value",),
              hand=("PUT", "/v2/databases/{mysql}/firewall", {"rules": [{"type": "ip_addr", "value": "0.0.0.0/0"}]}))  # fmt: skip


def add_logsinks(table: Table) -> None:
    update = {"server": "other.example.com", "port": 6515, "tls": False, "format": "rfc3164", "structuredData": "[x]"}
    for name, value in update.items():
        table.add(f"logsink {name}", LOGSINK, {}, {name: value}, "update")
    certificate, key = (pem.strip() for pem in create_pems())  # with a last line end each preview would have a change
    table.add("logsink authority", LOGSINK, {}, {"caCert": certificate}, "update")
    mutual = {"clientCert": certificate, "clientKey": key}
    table.add("logsink client", LOGSINK, {}, mutual, "update")
    line = {"format": "custom", "logline": "%msg%"}
    table.add("logsink line", LOGSINK, line, {"logline": "%pri% %msg%"}, "update")
    table.add("logsink defaults spelled out", LOGSINK, {}, {"format": "rfc5424"}, "same")
    table.add("logsink name", LOGSINK, {}, {"name": "other-sink"}, "replace")
    table.add("logsink cluster", LOGSINK, {}, {"clusterId": {"$id": "mysql"}}, "replace")
    table.add("logsink deleted by hand", LOGSINK, {}, {}, "same", drift="create",
              hand=("DELETE", "/v2/databases/{pg}/logsink/{sink}", None))  # fmt: skip
