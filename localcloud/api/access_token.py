"""The token that the emulated DigitalOcean API asks for: random, made once per instance, never printed."""

from __future__ import annotations

import secrets

from localcloud.instance import Instance
from localcloud.secret_file import read_or_create


def token(instance: Instance) -> str:
    """The instance's token, from a file that only its owner can read."""
    # The form of DigitalOcean's own tokens.
    return read_or_create(instance.home / "token", lambda: f"dop_v1_{secrets.token_hex(32)}")
