"""A user of the app on the running cloud."""

from __future__ import annotations

import uuid

import httpx


def sign_up(url: str) -> dict[str, str]:
    """Make a user at the URL of the backend, or of what passes its paths on; returns the cookies of their session.

    None come from a release from before there were users, which asks for none.
    """
    body = {"name": f"cluster-{uuid.uuid4().hex}", "password": uuid.uuid4().hex}
    reply = httpx.post(f"{url}/users", json=body, timeout=10)
    return {} if reply.status_code == httpx.codes.NOT_FOUND else dict(reply.raise_for_status().cookies)
