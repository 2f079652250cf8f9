"""Who may see the credentials of databases: tokens with the scope `database:view_credentials`.

DigitalOcean's description of a database's `connection` and of its users says so of `user` and `password`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

SCOPE = "database:view_credentials"
HIDDEN = frozenset({"user", "password"})


def may_view(scopes: Sequence[str] | None) -> bool:
    """Whether a token with these scopes, None for all, sees them."""
    return scopes is None or SCOPE in scopes


def hide(content: Any) -> Any:
    """A reply of a route of databases without any credential."""
    if isinstance(content, list):
        return [hide(each) for each in content]
    if not isinstance(content, dict):
        return content
    return {key: _hide_value(key, value, content) for key, value in content.items()}


def _hide_value(key: str, value: Any, of: dict[str, Any]) -> Any:
    # A pool names its user too, and that is no credential: a connection is what has a password beside it.
    if isinstance(value, str) and "password" in of and key in HIDDEN:
        return ""
    if key == "uri" and isinstance(value, str):
        parts = urlsplit(value)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return hide(value)
