"""Specifications of a PostgreSQL and a Valkey, as the API passes them to a backend."""

from __future__ import annotations

from localcloud.api.database_backend import ConnectionPool, DatabaseSpec, DatabaseUser

ADMINISTRATOR = DatabaseUser(name="doadmin", password="it's the administrator's")
TODO = DatabaseUser(name="todo_api", password='a "quoted" \\ word')
CHAT = DatabaseUser(name="chat", password="another")
POSTGRES = DatabaseSpec(
    id="0d3db13e",
    name="staging-postgresql",
    engine="pg",
    version="17",
    administrator=ADMINISTRATOR,
    users=[TODO, CHAT],
    databases=["todo_api", "chat"],
    pools=[
        ConnectionPool(name="todo_api", mode="transaction", size=3, database="todo_api", user="todo_api"),
        ConnectionPool(name="chat", mode="transaction", size=3, database="chat", user="chat"),
    ],
    trusted=[],
    max_connections=25,
    eviction_policy=None,
)
VALKEY = DatabaseSpec(
    id="5a1e7000",
    name="staging-valkey",
    engine="valkey",
    version="8",
    administrator=DatabaseUser(name="default", password='a "secret" word'),
    users=[],
    databases=[],
    pools=[],
    trusted=[],
    max_connections=50,
    eviction_policy="allkeys-lru",
)
