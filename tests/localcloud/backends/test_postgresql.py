"""A real PostgreSQL and its PgBouncer serve clients of libpq."""

from __future__ import annotations

from dataclasses import replace

import pytest

from localcloud.api.backends import BackendError
from localcloud.api.database_backend import DatabaseUser
from localcloud.machine.certificates import Authority

from .database_specs import ADMINISTRATOR, CHAT, POSTGRES, TODO

pytestmark = pytest.mark.timeout(300)
NUMBER = 201  # of the account


def test_postgresql_answers_whoever_verifies_its_name_and_authority(client):
    assert client(POSTGRES).sql("SELECT 'hello'") == "hello"


def test_certificate_has_the_address_too(client):
    postgres = client(POSTGRES)
    variables = postgres.variables(ADMINISTRATOR, "defaultdb") | {"PGHOST": postgres.address}
    postgres.variables = lambda *_, **__: variables
    assert postgres.sql("SELECT 1") == "1"


@pytest.mark.parametrize("pool", [False, True])
def test_plain_connection_is_refused(client, pool):
    answer = client(POSTGRES).sql("SELECT 1", TODO, "todo_api", pool=pool, mode="disable")
    assert "no encryption" in answer or "SSL required" in answer


@pytest.mark.parametrize("pool", [False, True])
def test_server_of_another_authority_is_not_trusted(client, tmp_path, pool):
    postgres = client(POSTGRES)
    other = Authority(tmp_path / "other")
    other.create()
    postgres.authority = other.pair.certificate
    assert "certificate verify failed" in postgres.sql("SELECT 1", TODO, "todo_api", pool=pool)


def test_wrong_password_is_refused(client):
    postgres = client(POSTGRES)
    for pool in (False, True):
        answer = postgres.sql("SELECT 1", replace(TODO, password="wrong"), "todo_api", pool=pool)
        assert "authentication failed" in answer


def test_superuser_cannot_connect_from_outside(client):
    answer = client(POSTGRES).sql("SELECT 1", DatabaseUser(name="postgres", password=""), "postgres")
    assert "rejects connection" in answer


def test_doadmin_owns_databases_creates_roles_and_is_no_superuser(client):
    postgres = client(POSTGRES)
    rights = "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'doadmin'"
    assert postgres.sql(rights) == "f|t|t"
    owners = "SELECT DISTINCT pg_get_userbyid(datdba) FROM pg_database WHERE datname IN ('defaultdb', 'chat')"
    assert postgres.sql(owners) == "doadmin"


def test_a_new_database_lets_every_user_connect_but_create_nothing(client):
    postgres = client(replace(POSTGRES, databases=[*POSTGRES.databases, "new"]))
    assert postgres.sql("SELECT 1", TODO, "new") == "1"
    assert "permission denied for schema public" in postgres.sql("CREATE TABLE t (n int)", TODO, "new")


def test_pool_serves_its_user_and_no_other(client):
    postgres = client(POSTGRES)
    assert postgres.sql("SELECT current_user, current_database()", TODO, "todo_api", pool=True) == "todo_api|todo_api"
    assert "login rejected" in postgres.sql("SELECT 1", CHAT, "todo_api", pool=True)


def test_the_access_script_limits_each_client_to_its_own_database(client):
    postgres = client(POSTGRES)
    postgres.give_access("todo-api", "chat")
    postgres.give_access("todo-api", "chat")  # as every release does
    for pool in (False, True):
        table = f"t{int(pool)}"
        assert postgres.sql(f"CREATE TABLE {table} AS SELECT 7 AS n", TODO, "todo_api", pool=pool) == ""
        assert postgres.sql(f"SELECT n FROM {table}", TODO, "todo_api", pool=pool) == "7"
    for user, database in ((CHAT, "todo_api"), (TODO, "chat"), (TODO, "defaultdb")):
        assert f'permission denied for database "{database}"' in postgres.sql("SELECT 1", user, database)


def test_a_client_may_make_a_trusted_extension_in_its_own_database(client):
    postgres = client(POSTGRES)
    postgres.give_access("todo-api")
    assert postgres.sql("CREATE EXTENSION pg_trgm", TODO, "todo_api") == ""
    assert postgres.sql("SELECT similarity('word', 'word')", TODO, "todo_api") == "1"


def test_another_size_is_another_limit_of_connections(client):
    client(POSTGRES)
    assert client(replace(POSTGRES, max_connections=50)).sql("SHOW max_connections") == "50"


def test_removed_parts_are_dropped_and_a_clients_own_stay(client):
    postgres = client(POSTGRES)
    postgres.give_access("todo-api", "chat")
    postgres.sql("CREATE TABLE t AS SELECT 7 AS n", CHAT, "chat")
    assert postgres.sql("CREATE DATABASE ours") == ""
    less = replace(POSTGRES, users=[TODO], databases=["chat"], pools=[POSTGRES.pools[1]])
    client(less)
    assert postgres.sql("SELECT datname FROM pg_database ORDER BY 1").split() == [
        "chat", "defaultdb", "ours", "postgres", "template0", "template1",
    ]  # fmt: skip
    assert postgres.sql("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1").split() == [
        "doadmin", "postgres", "todo_api",
    ]  # fmt: skip
    assert postgres.sql("SELECT tableowner FROM pg_tables WHERE tablename = 't'", database="chat") == "doadmin"
    assert "login rejected" in postgres.sql("SELECT 1", TODO, "todo_api", pool=True)  # its pool is gone


def test_changed_password_is_the_only_one(client):
    client(POSTGRES)
    new = replace(TODO, password="new")
    postgres = client(replace(POSTGRES, users=[new, CHAT]))
    for pool in (False, True):
        assert postgres.sql("SELECT 1", new, "todo_api", pool=pool) == "1"
        assert "authentication failed" in postgres.sql("SELECT 1", TODO, "todo_api", pool=pool)


def test_impossible_pool_is_an_error_with_its_name(databases):
    pool = replace(POSTGRES.pools[0], name="two words")
    with pytest.raises(BackendError, match=r"the database staging-postgresql: the pool 'two words'"):
        databases.apply(replace(POSTGRES, pools=[pool]))
