"""A user of the app on the running cloud."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

PASSWORD = "a password of nobody's"


def sign_up(url: str) -> dict[str, str]:
    """Make a user at the URL of the backend, or of what passes its paths on; returns the cookies of their session.

    None come from a release from before there were users, which asks for none.
    """
    with httpx.Client(base_url=url, timeout=10) as client:
        sign_up_with(client)
        return dict(client.cookies)


def sign_up_with(client: httpx.Client, path: str = "/users") -> dict[str, Any] | None:
    """Make a user, who is signed in with this client; returns them.

    None is made at a release from before there were users.
    """
    account = {"name": f"cluster-{uuid.uuid4().hex}", "password": PASSWORD}
    reply = client.post(path, json=account)
    if reply.status_code == httpx.codes.NOT_FOUND:
        return None
    user: dict[str, Any] = reply.raise_for_status().json()
    return user
