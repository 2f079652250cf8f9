"""HTTP requests to our own programs: past any proxy, and without the trust store, whose reading takes longer."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts no authority: these programs speak plain HTTP


def get(url: str, **options: Any) -> httpx.Response:
    """`httpx.get` with the same options.

    Raises:
        httpx.HTTPError: nobody answers.
    """
    return _request("GET", url, **options)


def head(url: str, **options: Any) -> httpx.Response:
    """`httpx.head` with the same options.

    Raises:
        httpx.HTTPError: nobody answers.
    """
    return _request("HEAD", url, **options)


def _request(method: str, url: str, **options: Any) -> httpx.Response:
    with httpx.Client(verify=NOBODY, trust_env=False) as client:
        return client.request(method, url, **options)
