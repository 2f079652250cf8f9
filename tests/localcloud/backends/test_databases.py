"""Real servers: PostgreSQL and PgBouncer, as libpq sees them, and Valkey, as a socket does."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from bare.packages import POSTGRESQL, require

from localcloud.api.backends import BackendError
from localcloud.api.database_backend import ConnectionPool, DatabaseSpec, DatabaseUser
from localcloud.backends.databases import DatabaseServers
from localcloud.machine.certificates import Authority
from localcloud.machine.command import Commands
from localcloud.machine.supervisor import Supervisor

from .conftest import NUMBER

pytestmark = pytest.mark.timeout(300)

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
ACCESS_SCRIPT = Path("helm/database/scripts/postgresql-access.sh")


class Client:
    """A client of a database's endpoint; it trusts the account's authority, unless another is given."""

    def __init__(self, databases, endpoint, tmp_path):
        self.endpoint, self.address = endpoint, databases.host_names()[endpoint.host]
        self.authority = tmp_path / "ca.crt"
        self.authority.write_text(databases.certificate_authority())

    def variables(self, user, database, *, pool=False, mode="verify-full"):
        """What libpq reads. The address beside the name, as a name server is not part of this."""
        port = self.endpoint.pool_port if pool else self.endpoint.port
        return {
            "PGHOST": self.endpoint.host,
            "PGHOSTADDR": self.address,
            "PGPORT": str(port),
            "PGUSER": user.name,
            "PGPASSWORD": user.password,
            "PGDATABASE": database,
            "PGSSLMODE": mode,
            "PGSSLROOTCERT": str(self.authority),
        }

    def sql(self, statement, user=ADMINISTRATOR, database="defaultdb", **options):
        """The answer of psql, or what it complains about."""
        program = Path(require(POSTGRESQL)).resolve().with_name("psql")
        environment = {**os.environ, **self.variables(user, database, **options)}
        words = [program, "--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--command", statement]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        return (done.stdout or done.stderr).strip()

    def give_access(self, *clients):
        """What the chart's job does."""
        environment = {**os.environ, **self.variables(ADMINISTRATOR, "defaultdb"), "CLIENTS": " ".join(clients)}
        subprocess.run(["sh", ACCESS_SCRIPT], env=environment, check=True, timeout=60)

    def valkey(self, *commands):
        """The answers to commands, over TLS."""
        context = ssl.create_default_context(cafile=self.authority)
        with (
            socket.create_connection((self.address, self.endpoint.port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=self.endpoint.host) as channel,
            channel.makefile("rb") as answers,
        ):
            return [_answer(channel, answers, command) for command in commands]


def _answer(channel, answers, words):
    channel.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
    return _value(answers)


def _value(answers):
    line = answers.readline().rstrip()
    if line[:1] == b"$":
        return answers.read(int(line[1:]) + 2)[:-2]
    return [_value(answers) for _ in range(int(line[1:]))] if line[:1] == b"*" else line


def reachable_from(source, address, port):
    try:
        socket.create_connection((address, port), timeout=3, source_address=(source, 0)).close()
    except ConnectionRefusedError:
        return False
    return True


def command_lines():
    """Of everything that runs here."""
    return [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]


def password(user):
    return [b"AUTH", b"default", user.password.encode()]


@pytest.fixture
def client(databases, tmp_path):
    return lambda spec: Client(databases, databases.apply(spec), tmp_path)


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


def test_untrusted_source_is_refused(client, databases):
    for spec in (POSTGRES, VALKEY):
        mine = client(replace(spec, trusted=["127.0.0.2/32", "2001:db8::/32"]))
        for port in filter(None, (mine.endpoint.port, mine.endpoint.pool_port)):
            assert reachable_from("127.0.0.2", mine.address, port)
            assert not reachable_from("127.0.0.3", mine.address, port)
        databases.apply(spec)
        assert reachable_from("127.0.0.3", mine.address, mine.endpoint.port)


def test_another_size_is_another_limit_of_connections(client):
    client(POSTGRES)
    assert client(replace(POSTGRES, max_connections=50)).sql("SHOW max_connections") == "50"


def test_second_apply_starts_nothing_anew(client, databases):
    postgres = client(POSTGRES)
    started = "SELECT pg_postmaster_start_time()"
    before = postgres.sql(started)
    client(VALKEY)
    databases.apply(POSTGRES)
    databases.delete(VALKEY.id)
    assert postgres.sql(started) == before


def test_data_and_addresses_outlive_a_stop(client, databases, place):
    postgres, valkey = client(POSTGRES), client(VALKEY)
    postgres.give_access("todo-api")
    postgres.sql("CREATE TABLE held AS SELECT 7 AS n", TODO, "todo_api")
    valkey.valkey(password(VALKEY.administrator), [b"SET", b"key", b"value"])
    names = databases.host_names()
    databases.stop()
    again = DatabaseServers(NUMBER, place, Commands())
    again.resume()
    assert again.host_names() == names
    assert postgres.sql("SELECT n FROM held", TODO, "todo_api", pool=True) == "7"
    assert valkey.valkey(password(VALKEY.administrator), [b"GET", b"key"])[-1] == b"value"


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


def test_valkey_wants_tls_and_a_password(client):
    valkey = client(VALKEY)
    assert valkey.valkey([b"PING"])[0].startswith(b"-NOAUTH")
    assert valkey.valkey(password(VALKEY.administrator), [b"PING"])[-1] == b"+PONG"
    with contextlib.closing(socket.create_connection((valkey.address, valkey.endpoint.port), timeout=5)) as plain:
        plain.sendall(b"PING\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert not plain.recv(64).startswith((b"+", b"-NOAUTH"))


def test_valkey_of_another_name_is_not_trusted(client):
    valkey = client(VALKEY)
    valkey.endpoint = replace(valkey.endpoint, host="elsewhere.db.slipway.internal")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        valkey.valkey([b"PING"])


def test_valkey_evicts_as_its_policy_says(client):
    ask = [b"CONFIG", b"GET", b"maxmemory-policy"]
    assert client(VALKEY).valkey(password(VALKEY.administrator), ask)[-1][-1] == b"allkeys-lru"
    other = client(replace(VALKEY, eviction_policy="volatile-ttl", max_memory=2**20))
    assert other.valkey(password(VALKEY.administrator), ask)[-1][-1] == b"volatile-ttl"
    limit = [b"CONFIG", b"GET", b"maxmemory"]
    assert other.valkey(password(VALKEY.administrator), limit)[-1][-1] == b"1048576"


def test_delete_leaves_nothing(client, databases, place):
    client(POSTGRES)
    client(VALKEY)
    for spec in (POSTGRES, VALKEY):
        databases.delete(spec.id)
        databases.delete(spec.id)
    assert databases.host_names() == {}
    assert list((place.home / "clusters").iterdir()) == []
    assert not Path(f"/sys/class/net/slipway-db{NUMBER}").exists()
    rules = subprocess.run(["iptables", "-S"], capture_output=True, text=True, check=True).stdout
    assert f"SLIPWAY-DB{NUMBER}" not in rules
    assert not Supervisor(place).running
    assert not [line for line in command_lines() if str(place.home) in line]


def test_secrets_are_in_no_log_and_on_no_command_line(client, place):
    client(POSTGRES)
    client(VALKEY)
    logs = [file.read_text(errors="replace") for file in place.logs.iterdir()]
    for secret in (*(user.password for user in (ADMINISTRATOR, TODO, CHAT)), VALKEY.administrator.password):
        assert not [text for text in [*logs, *command_lines()] if secret in text]


def test_impossible_pool_is_an_error_with_its_name(databases):
    pool = replace(POSTGRES.pools[0], name="two words")
    with pytest.raises(BackendError, match=r"the database staging-postgresql: the pool 'two words'"):
        databases.apply(replace(POSTGRES, pools=[pool]))
