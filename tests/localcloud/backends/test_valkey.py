"""A real Valkey serves clients over TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
from dataclasses import replace

import pytest

from .database_client import create_auth_command
from .database_specs import VALKEY

pytestmark = pytest.mark.timeout(300)
NUMBER = 202  # of the account


def test_valkey_wants_tls_and_a_password(client):
    valkey = client(VALKEY)
    assert valkey.send([b"PING"])[0].startswith(b"-NOAUTH")
    assert valkey.send(create_auth_command(VALKEY.administrator), [b"PING"])[-1] == b"+PONG"
    with contextlib.closing(socket.create_connection((valkey.address, valkey.endpoint.port), timeout=5)) as plain:
        plain.sendall(b"PING\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert not plain.recv(64).startswith((b"+", b"-NOAUTH"))


def test_valkey_of_another_name_is_not_trusted(client):
    valkey = client(VALKEY)
    valkey.endpoint = replace(valkey.endpoint, host="elsewhere.db.slipway.internal")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        valkey.send([b"PING"])


def test_valkey_evicts_as_its_policy_says(client):
    ask = [b"CONFIG", b"GET", b"maxmemory-policy"]
    assert client(VALKEY).send(create_auth_command(VALKEY.administrator), ask)[-1][-1] == b"allkeys-lru"
    other = client(replace(VALKEY, eviction_policy="volatile-ttl", max_memory=2**20))
    assert other.send(create_auth_command(VALKEY.administrator), ask)[-1][-1] == b"volatile-ttl"
    limit = [b"CONFIG", b"GET", b"maxmemory"]
    assert other.send(create_auth_command(VALKEY.administrator), limit)[-1][-1] == b"1048576"
