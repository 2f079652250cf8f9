"""An account's database servers start, stop and are deleted, whatever their engine."""

from __future__ import annotations

import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from localcloud.backends.databases import DatabaseServers
from localcloud.machine.command import Commands
from localcloud.machine.supervisor import Supervisor

from .database_client import create_auth_command
from .database_specs import ADMINISTRATOR, CHAT, POSTGRES, TODO, VALKEY

pytestmark = pytest.mark.timeout(300)
NUMBER = 200  # of the account


def is_reachable_from(source, address, port):
    try:
        socket.create_connection((address, port), timeout=3, source_address=(source, 0)).close()
    except ConnectionRefusedError:
        return False
    return True


def list_command_lines():
    """Of everything that runs here."""
    return [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]


def test_untrusted_source_is_refused(client, databases):
    for spec in (POSTGRES, VALKEY):
        mine = client(replace(spec, trusted=["127.0.0.2/32", "2001:db8::/32"]))
        for port in filter(None, (mine.endpoint.port, mine.endpoint.pool_port)):
            assert is_reachable_from("127.0.0.2", mine.address, port)
            assert not is_reachable_from("127.0.0.3", mine.address, port)
        databases.apply(spec)
        assert is_reachable_from("127.0.0.3", mine.address, mine.endpoint.port)


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
    valkey.send(create_auth_command(VALKEY.administrator), [b"SET", b"key", b"value"])
    names = databases.host_names()
    databases.stop()
    again = DatabaseServers(NUMBER, place, Commands())
    again.resume()
    assert again.host_names() == names
    assert postgres.sql("SELECT n FROM held", TODO, "todo_api", pool=True) == "7"
    assert valkey.send(create_auth_command(VALKEY.administrator), [b"GET", b"key"])[-1] == b"value"


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
    assert not [line for line in list_command_lines() if str(place.home) in line]


def test_secrets_are_in_no_log_and_on_no_command_line(client, place):
    client(POSTGRES)
    client(VALKEY)
    logs = [file.read_text(errors="replace") for file in place.logs.iterdir()]
    for secret in (*(user.password for user in (ADMINISTRATOR, TODO, CHAT)), VALKEY.administrator.password):
        assert not [text for text in [*logs, *list_command_lines()] if secret in text]
