"""Requests that are sent again, against a server that answers or hangs up as it is asked to."""

from __future__ import annotations

import pytest

from localcloud.providers.digitalocean.client import ApiError, Client
from localcloud.providers.digitalocean.load_balancer import LoadBalancer
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Resource
from tests.localcloud.providers.digitalocean.scripted import DROP, HALF


@pytest.mark.parametrize("step", [429, 500, 502, 503, 505, DROP, HALF])
@pytest.mark.parametrize(("method", "operation"), [("POST", "create"), ("PUT", "update"), ("GET", "get")])
def test_every_request_is_sent_again(server, scripted, step, method, operation):
    server.plan = [step]
    call = getattr(scripted.pydo.load_balancers, operation)
    arguments = {"create": ({},), "update": ("b", {}), "get": ("b",)}[operation]
    assert scripted.call(call, *arguments)["load_balancer"]["id"] == "b"
    assert server.seen == [method, method]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 412, 422, 501])
def test_final_answers_are_not(server, scripted, status):
    server.plan = [status]
    with pytest.raises(ApiError) as failed:
        scripted.call(scripted.pydo.load_balancers.create, {})
    assert str(failed.value) == f"POST /v2/load_balancers: {status} on purpose (request r-1)"
    assert server.seen == ["POST"]


def test_error_says_how_often_it_was_tried(server, scripted):
    server.plan = [500] * 9
    with pytest.raises(ApiError, match=r"500 on purpose \(request r-1, given up after 3 attempts\)$"):
        scripted.call(scripted.pydo.load_balancers.update, "b", {})
    assert server.seen == ["PUT"] * 3


def test_broken_connections_end_too(server, scripted):
    server.plan = [DROP] * 9
    with pytest.raises(ProviderError, match="does not answer"):
        scripted.call(scripted.pydo.load_balancers.create, {})
    assert server.seen == ["POST"] * 3


def test_no_retries_are_none(server, scripted):
    once = Client(endpoint=scripted.endpoint, token="t", retries=0)
    server.plan = [500]
    with pytest.raises(ApiError, match=r"500 on purpose \(request r-1\)$"):
        once.call(once.pydo.load_balancers.get, "b")
    assert server.seen == ["GET"]


def test_waits_grow_up_to_the_longest(scripted):
    from localcloud.providers.digitalocean.retry import GodoRetryPolicy

    policy = GodoRetryPolicy(5, 1.0, 5.0)
    waits = [policy.get_backoff_time({"history": [None] * attempt}) for attempt in range(1, 5)]
    assert waits == [1.0, 2.0, 4.0, 5.0]


@pytest.mark.parametrize("step", [429, 500, DROP])
def test_update_survives_a_fault_in_its_middle(server, scripted, step):
    """The PUT succeeds, the read after it fails once."""
    kind = LoadBalancer(scripted)
    inputs = {"name": "n", "algorithm": "round_robin", "region": "fra1", "forwardingRules": []}
    inputs |= dict.fromkeys(
        ("redirectHttpToHttps", "enableProxyProtocol", "enableBackendKeepalive", "disableLetsEncryptDnsRecords"),
        False,
    )
    server.plan = [200, step]
    updated = kind.update(Resource("b", inputs, {**inputs, "status": "active"}), inputs, 0)
    assert updated.outputs["status"] == "active"
    assert server.seen == ["PUT", "GET", "GET"]
