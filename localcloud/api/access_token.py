"""The token that the emulated DigitalOcean API asks for: random, made once per instance, never printed."""

from __future__ import annotations

import secrets

from localcloud.instance import Instance


def token(instance: Instance) -> str:
    """The instance's token, from a file that only its owner can read."""
    file = instance.home / "token"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(f"dop_v1_{secrets.token_hex(32)}")  # the form of DigitalOcean's own tokens
    return file.read_text()
