"""Logins to the container registry: DigitalOcean gives them out, each for a time."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from dataclasses import dataclass, field

import httpx
import pulumi
from pulumi.runtime import config as runtime

API = "https://api.digitalocean.com"
TOKENS = ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN")  # as the provider reads them
LOGIN_SECONDS = 3600  # how long a login lasts: longer than a run looks digests up, or builds and pushes
TIMEOUT_SECONDS = 15.0
PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds before each further attempt


@dataclass(frozen=True)
class Login:
    """A user of a registry."""

    username: str
    password: str = field(repr=False)


def parse_login(configuration: str, server: str) -> Login | None:
    """The login for a registry in a Docker configuration.

    Args:
        configuration: JSON; its `auths` have base64 of `user:password` by server.
        server: `registry.digitalocean.com`, with the port where it has one.

    Returns:
        None where the configuration has none for that server.
    """
    try:
        auth = json.loads(configuration)["auths"][server]["auth"]
        username, _, password = base64.b64decode(auth).decode().partition(":")
    except (ValueError, KeyError, TypeError, RecursionError):  # binascii.Error is a ValueError
        return None
    return Login(username, password) if username and password else None


def request_login(registry: str, server: str) -> Login | None:
    """Ask the API for a login that may read a registry for an hour.

    So images are looked up without `doctl registry login`, with the token that the provider has.

    Args:
        registry: its name.
        server: see `parse_login`.

    Returns:
        None where the API gives none; the login of Docker's own configuration then counts.
    """
    try:
        return _request(registry, server, write=False)
    except httpx.HTTPError as error:
        pulumi.log.debug(f"no login to registry {registry}: {error}")
        return None


async def request_push_login(registry: str, server: str) -> Login | None:
    """Ask the API for a login that may push to a registry for an hour.

    Args and Returns: as for `request_login`. A failure of the API is tried again, as the provider does.
    """
    for pause in (*PAUSES, None):
        try:
            return await asyncio.to_thread(_request, registry, server, write=True)
        except httpx.HTTPError as error:
            if pause is None or not _passes(error):
                pulumi.log.warn(f"no login to push to registry {registry}, Docker's own is used: {error}")
                return None
            await asyncio.sleep(pause)
    return None


def _request(registry: str, server: str, *, write: bool) -> Login | None:
    """Raises: httpx.HTTPError: no answer, or a refusal."""
    token = _setting("token") or next(filter(None, map(os.environ.get, TOKENS)), None)
    if token is None:
        return None
    endpoint = _setting("apiEndpoint") or os.environ.get("DIGITALOCEAN_API_URL") or API
    answer = httpx.get(
        f"{endpoint.rstrip('/')}/v2/registries/{registry}/docker-credentials",
        params={"read_write": str(write).lower(), "expiry_seconds": LOGIN_SECONDS},
        headers={"Authorization": f"Bearer {token}"},
        timeout=TIMEOUT_SECONDS,
    )
    return parse_login(answer.raise_for_status().text, server)


def _passes(error: httpx.HTTPError) -> bool:
    """Whether another attempt may succeed: no answer, or one that says so."""
    return not isinstance(error, httpx.HTTPStatusError) or is_temporary(error.response)


def is_temporary(reply: httpx.Response) -> bool:
    """Whether the same request may be answered later: too many requests, or a failure of the server."""
    return reply.status_code == httpx.codes.TOO_MANY_REQUESTS or reply.is_server_error


def _setting(key: str) -> str | None:
    """A setting of the provider in the stack file; `pulumi.Config.get` would warn of one that is secret."""
    value: str | None = runtime.get_config(f"digitalocean:{key}")
    return value
