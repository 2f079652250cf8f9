"""The backend normalizes a password, checks its length and stores its hash."""

from __future__ import annotations

import pytest
from services.accounts import credentials

from app import passwords


@pytest.mark.parametrize("password", ["", "only 14 letter", "p" * 257, "a NUL in it \0 and more"])
def test_a_password_of_invalid_length_is_refused_and_not_repeated(stranger, password):
    reply = stranger.post("/users", json=credentials(password=password))
    assert (reply.status_code, reply.json()["errors"][0]["where"]) == (422, "body/password")
    assert not password or password not in reply.text


def test_the_length_of_a_password_is_that_of_its_nfkc_form(stranger):
    reply = stranger.post("/users", json=credentials(password="e\u0301" * 8))  # é eight times
    assert reply.status_code == 422
    assert "has 8 characters; write 15 to 256" in reply.json()["errors"][0]["detail"]


def test_composed_and_decomposed_letters_are_the_same_password(client, other):
    other.post("/users", json=credentials("bela", "Ångström, composed"))
    decomposed = credentials("bela", "Ångström, composed")
    assert other.post("/session", json=decomposed).status_code == 201


def test_the_database_stores_an_argon2id_hash_of_a_password(client):
    ((hashed,),) = client.read_rows("SELECT password_hash FROM users")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_too_many_pending_password_checks_get_503_with_retry_after(client, monkeypatch):
    monkeypatch.setattr(passwords, "MAX_WAITING", 0)
    reply = client.post("/session", json=credentials())
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")
