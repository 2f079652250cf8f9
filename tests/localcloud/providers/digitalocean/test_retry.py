"""Requests that are sent again, against a server that answers or hangs up as it is asked to."""

from __future__ import annotations

import http.server
import json
import threading

import pytest

from localcloud.providers.digitalocean.client import ApiError, Client
from localcloud.providers.digitalocean.load_balancer import LoadBalancer
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Resource

DROP, HALF = "drop", "half"  # no answer at all, and one that ends too early


class Server(http.server.ThreadingHTTPServer):
    """Answers each request with the next of its plan, and then with success."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan = []
        self.seen = []


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.server.seen.append(self.command)
        length = int(self.headers.get("Content-Length") or 0)
        sent = json.loads(self.rfile.read(length) or b"{}")
        success = 202 if self.command == "POST" else 200
        step = self.server.plan.pop(0) if self.server.plan else success
        self.close_connection = True
        if step == DROP:
            return
        balancer = {"id": "b", "status": "active", "forwarding_rules": [], **sent, "region": {"slug": "fra1"}}
        body = {"load_balancer": {"name": "n", **balancer}, "message": "on purpose", "request_id": "r-1"}
        text = json.dumps(body).encode()
        self.send_response(success if step == HALF else step)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text[: len(text) // 2] if step == HALF else text)

    do_GET = do_POST = do_PUT = answer  # noqa: N815 - as http.server calls them

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    started = Server()
    threading.Thread(target=started.serve_forever, daemon=True).start()
    yield started
    started.shutdown()
    started.server_close()


@pytest.fixture
def client(server):
    return Client(endpoint=f"http://127.0.0.1:{server.server_port}", token="t", retries=2, wait_min=0.01)


@pytest.mark.parametrize("step", [429, 500, 502, 503, 505, DROP, HALF])
@pytest.mark.parametrize(("method", "operation"), [("POST", "create"), ("PUT", "update"), ("GET", "get")])
def test_every_request_is_sent_again(server, client, step, method, operation):
    server.plan = [step]
    call = getattr(client.pydo.load_balancers, operation)
    arguments = {"create": ({},), "update": ("b", {}), "get": ("b",)}[operation]
    assert client.call(call, *arguments)["load_balancer"]["id"] == "b"
    assert server.seen == [method, method]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 412, 422, 501])
def test_final_answers_are_not(server, client, status):
    server.plan = [status]
    with pytest.raises(ApiError) as failed:
        client.call(client.pydo.load_balancers.create, {})
    assert str(failed.value) == f"POST /v2/load_balancers: {status} on purpose (request r-1)"
    assert server.seen == ["POST"]


def test_error_says_how_often_it_was_tried(server, client):
    server.plan = [500] * 9
    with pytest.raises(ApiError, match=r"500 on purpose \(request r-1, given up after 3 attempts\)$"):
        client.call(client.pydo.load_balancers.update, "b", {})
    assert server.seen == ["PUT"] * 3


def test_broken_connections_end_too(server, client):
    server.plan = [DROP] * 9
    with pytest.raises(ProviderError, match="does not answer"):
        client.call(client.pydo.load_balancers.create, {})
    assert server.seen == ["POST"] * 3


def test_no_retries_are_none(server, client):
    once = Client(endpoint=client.endpoint, token="t", retries=0)
    server.plan = [500]
    with pytest.raises(ApiError, match=r"500 on purpose \(request r-1\)$"):
        once.call(once.pydo.load_balancers.get, "b")
    assert server.seen == ["GET"]


def test_waits_grow_up_to_the_longest(client):
    from localcloud.providers.digitalocean.retry import GodoRetryPolicy

    policy = GodoRetryPolicy(5, 1.0, 5.0)
    waits = [policy.get_backoff_time({"history": [None] * attempt}) for attempt in range(1, 5)]
    assert waits == [1.0, 2.0, 4.0, 5.0]


@pytest.mark.parametrize("step", [429, 500, DROP])
def test_update_survives_a_fault_in_its_middle(server, client, step):
    """The PUT succeeds, the read after it fails once."""
    kind = LoadBalancer(client)
    inputs = {"name": "n", "algorithm": "round_robin", "region": "fra1", "forwardingRules": []}
    inputs |= dict.fromkeys(
        ("redirectHttpToHttps", "enableProxyProtocol", "enableBackendKeepalive", "disableLetsEncryptDnsRecords"),
        False,
    )
    server.plan = [200, step]
    updated = kind.update(Resource("b", inputs, {**inputs, "status": "active"}), inputs, 0)
    assert updated.outputs["status"] == "active"
    assert server.seen == ["PUT", "GET", "GET"]
