"""Where GitHub is: its own host, or an Enterprise one."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from delivery.outcome import MissingError

API = "https://api.github.com"
SERVER = "https://github.com"


def read_url(variable: str) -> str | None:
    value = os.environ.get(variable, "").strip().rstrip("/")
    if value and not (urlsplit(value).scheme in {"http", "https"} and urlsplit(value).netloc):
        raise MissingError(f"{variable} is {value!r}, which is no URL; write it such as https://github.example.com")
    return value or None


def server_of(api: str) -> str:
    """The host of an API: Enterprise Server has it below /api/v3, Enterprise Cloud at `api.`."""
    parts = urlsplit(api)
    if parts.netloc.startswith("api.") or parts.path == "/api/v3":
        return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"
    return SERVER
