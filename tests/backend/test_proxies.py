"""Whom a service takes for the client, behind load balancer, gateway and web app."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import Request

from app.main import create_app
from app.settings import BackendSettings

CLIENT, LOAD_BALANCER, GATEWAY, WEB_APP = "198.51.100.9", "10.10.0.2", "10.100.1.7", "10.100.2.8"


def seen(peer, **headers):
    """The client's address and scheme, as the service has them."""
    app = create_app(BackendSettings(database_url="sqlite://"))

    @app.get("/seen")
    def answer(request: Request) -> list[str]:
        return [request.client.host, request.url.scheme]

    async def ask():
        transport = httpx.ASGITransport(app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            return (await http.get("/seen", headers=headers)).json()

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("peer", "chain"),
    [
        (GATEWAY, [CLIENT, LOAD_BALANCER]),
        (WEB_APP, [CLIENT, LOAD_BALANCER, GATEWAY]),
        (WEB_APP, ["203.0.113.1", CLIENT, LOAD_BALANCER, GATEWAY]),  # what the client itself wrote comes first
        (GATEWAY, ["10.0.0.1", CLIENT, LOAD_BALANCER]),
    ],
)
def test_a_service_sees_the_clients_own_address_and_scheme(peer, chain):
    headers = {"X-Forwarded-For": ", ".join(chain), "X-Forwarded-Proto": "https"}
    assert seen(peer, **headers) == [CLIENT, "https"]


def test_who_is_no_proxy_of_ours_is_not_believed():
    headers = {"X-Forwarded-For": "203.0.113.1", "X-Forwarded-Proto": "https"}
    assert seen(CLIENT, **headers) == [CLIENT, "http"]
