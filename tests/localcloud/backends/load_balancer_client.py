"""A client sends requests to a load balancer's address."""

from __future__ import annotations

import ssl

import httpx

ADDRESS = "127.80.99.10"
TARGETS = ["127.0.0.2", "127.0.0.3"]
HOST = "app.example.com"


def create_session(certificates):
    return httpx.Client(verify=ssl.create_default_context(cafile=certificates.root_file), trust_env=False, timeout=10)


def get(spec, entry="http", *, session=None, path="/", headers=None, certificates=None):
    rule = spec.rules[0 if entry == "http" else 1]
    url = f"{entry}://{spec.address}:{rule.entry_port}{path}"
    options = {"headers": {"Host": HOST, **(headers or {})}, "extensions": {"sni_hostname": HOST}}
    if session is None:
        session = create_session(certificates) if certificates else httpx.Client(trust_env=False, timeout=10)
        with session:
            return session.get(url, **options)
    return session.get(url, **options)


def list_headers(reply):
    """The headers of the request that the target got, as pairs."""
    return reply.json()["headers"]
