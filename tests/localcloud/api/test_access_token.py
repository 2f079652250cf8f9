"""An instance has one access token for its API."""

from __future__ import annotations

from localcloud.api.access_token import token


def test_token_is_created_once_and_private(instance):
    assert token(instance) == token(instance)
    assert token(instance).startswith("dop_v1_")
    assert (instance.home / "token").stat().st_mode & 0o777 == 0o600
