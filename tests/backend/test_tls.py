"""A database behind TLS, as managed ones are: verified by the authority that the URL names."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from pathlib import Path

import pytest
from databases.pgbouncer import pooled
from databases.tls import certify
from sqlalchemy import text

from chassis.database import Database
from chassis.settings import ServiceSettings


@pytest.fixture
def folder():
    """Not below pytest's own, which other users may not enter."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


@pytest.fixture
def encrypted(postgres, folder):
    """The URL of a database that refuses plain connections, and the authority that its server has."""
    tls = certify(folder)
    with pooled(postgres, folder, tls) as url:
        yield url, tls[0]


def answer(url):
    async def ask():
        database = Database(ServiceSettings(database_url=url).database_url)
        try:
            async with database.engine.connect() as connection:
                return (await connection.execute(text("SELECT 7"))).scalar_one()
        finally:
            await database.close()

    return asyncio.run(ask())


def verified(url, authority):
    return f"{url}?sslmode=verify-full&sslrootcert={authority}"


def test_a_server_with_the_right_name_and_authority_is_used(encrypted):
    url, authority = encrypted
    assert answer(verified(url, authority)) == 7


def test_a_server_of_another_authority_is_not(encrypted, tmp_path):
    url, _ = encrypted
    other, _ = certify(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed certificate"):
        answer(verified(url, other))


def test_a_server_of_another_name_is_not(encrypted):
    url, authority = encrypted
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        answer(verified(url.replace("localhost", "127.0.0.1"), authority))


def test_a_server_without_tls_is_not(postgres, tmp_path):
    authority, _ = certify(tmp_path)
    with pytest.raises(ConnectionError, match="rejected SSL upgrade"):
        answer(verified(postgres, authority))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "sslmode=verify-full&sslrootcert=/nowhere/ca.crt",
            "sslrootcert is /nowhere/ca.crt, which is no certificate",
        ),
        ("sslmode=require&sslrootcert=/nowhere/ca.crt", "write one, with sslmode=verify-full"),
    ],
)
def test_an_authority_that_cannot_be_used_is_an_error(query, said):
    with pytest.raises(ValueError, match=said):
        answer(f"postgresql://u:pw@localhost/d?{query}")
