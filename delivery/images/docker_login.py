"""The login that Docker's own configuration has for a registry (`docker login`, `doctl registry login`)."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import docker.auth
from docker.credentials.errors import StoreError
from docker.errors import DockerException
from docker.utils.config import find_config_file

from delivery.outcome import MissingError
from infra.source.registry_login import Login

PROBLEMS = (DockerException, StoreError, OSError, ValueError, TypeError, AttributeError, KeyError)


def find_docker_login(host: str) -> Login | None:
    """Return the login for a registry; None where the configuration has none.

    Args:
        host: `registry.digitalocean.com`, with the port where it has one.

    Raises:
        MissingError: the configuration cannot be read, or names a credential helper that does not work.
    """
    try:
        _refuse_truncated()
        config = docker.auth.load_config()
        helper = config.get_credential_store(host)
    except PROBLEMS as error:
        raise MissingError(
            f"Docker's config.json cannot be read: {error}; repair it, or delete it and log in again"
        ) from error
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # the error says the same
            entry = config.resolve_authconfig(host) or {}
    except PROBLEMS as error:
        raise MissingError(
            f"Docker's config.json names the credential helper docker-credential-{helper} for {host}, and it does "
            f"not work: {error}; install it, or remove `credsStore` or `credHelpers` and log in again"
        ) from error
    # A credential helper's answer has capitals.
    username = entry.get("username") or entry.get("Username")
    password = entry.get("password") or entry.get("Password")
    return Login(username, password) if username and password else None


def _refuse_truncated() -> None:
    """Raise ValueError where the file is no JSON: docker-py would find nothing in it."""
    file = Path(str(find_config_file() or ""))
    if file.suffix == ".json":
        json.loads(file.read_text())
