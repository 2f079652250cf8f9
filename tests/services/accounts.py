"""Accounts of the backend."""

from __future__ import annotations

PASSWORD = "a password of anna's own"
OTHER_PASSWORD = "another password of anna"


def credentials(name="anna", password=PASSWORD):
    """The body that signs up and in."""
    return {"name": name, "password": password}


def sign_up(http, name="anna", url=""):
    """Make an account, and sign in: `http` keeps the cookie; returns the user."""
    reply = http.post(f"{url}/users", json=credentials(name))
    assert reply.status_code == 201, reply.text
    return reply.json()
