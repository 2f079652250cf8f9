"""A real HAProxy forwards requests to real servers, on high ports."""

from __future__ import annotations

import dataclasses
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

from localcloud.api.load_balancer_backend import HealthCheck
from localcloud.backends.haproxy import write_configuration

from .load_balancer_client import ADDRESS, HOST, TARGETS, get, list_headers
from .targets import free_port, target


def test_requests_reach_the_targets_in_turn(balancers, spec, servers):
    balancers.apply(spec)
    assert {get(spec).json()["server"] for _ in range(4)} == set(TARGETS)


def test_http_request_carries_where_it_came_from(balancers, spec, servers, ports):
    balancers.apply(spec)
    headers = dict(list_headers(get(spec, headers={"X-Forwarded-Proto": "https"})))
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-port"] == str(ports["http"])
    assert headers["host"] == HOST


def test_client_cannot_pass_for_another_address(balancers, spec, servers):
    balancers.apply(spec)
    forwarded = [
        value
        for key, value in list_headers(get(spec, headers={"X-Forwarded-For": "9.9.9.9"}))
        if key == "x-forwarded-for"
    ]
    assert forwarded[-1].endswith("127.0.0.1")


def test_tls_ends_at_the_load_balancer(balancers, spec, servers, certificates):
    balancers.apply(spec)
    reply = get(spec, "https", certificates=certificates)
    assert dict(list_headers(reply))["x-forwarded-proto"] == "https"


def test_wildcard_does_not_cover_the_level_below(balancers, spec, servers, certificates):
    balancers.apply(spec)
    context = ssl.create_default_context(cafile=certificates.root_file)
    with (
        socket.create_connection((ADDRESS, spec.rules[1].entry_port)) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="mismatch"),
    ):
        context.wrap_socket(plain, server_hostname="a.b.example.com")


def test_http_is_redirected_to_https_with_its_path(balancers, spec, servers, ports):
    balancers.apply(dataclasses.replace(spec, redirect_http_to_https=True))
    reply = get(spec, path="/a?b=c")
    assert reply.status_code == 307
    assert reply.headers["location"] == f"https://{HOST}:{ports['https']}/a?b=c"


def test_redirect_to_443_names_no_port(spec):
    rules = [spec.rules[0], dataclasses.replace(spec.rules[1], entry_port=443)]
    text = write_configuration(
        dataclasses.replace(spec, rules=rules, redirect_http_to_https=True),
        socket=Path("/run/x.sock"),
        certificates={443: Path("/x.pem")},
    )
    assert "location https://%[req.hdr(host),host_only]%[pathq] code 307" in text


def test_requests_of_a_dead_target_go_to_another(balancers, spec, ports):
    with target(TARGETS[0], ports["target"]):
        balancers.apply(spec)  # nobody listens on the second
        assert [get(spec).status_code for _ in range(10)] == [200] * 10


def test_without_any_target_the_answer_is_503(balancers, spec):
    balancers.apply(dataclasses.replace(spec, targets=[]))
    assert get(spec).status_code == 503


def test_target_that_fails_its_health_check_gets_no_request(balancers, spec, servers, ports):
    check = HealthCheck(protocol="tcp", port=free_port(), path="", interval_seconds=1, unhealthy_threshold=2)
    balancers.apply(dataclasses.replace(spec, health_check=check))
    deadline = time.monotonic() + 15
    while get(spec).status_code != 503:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_targets_see_the_client_by_the_proxy_protocol(balancers, spec, ports):
    lines = []
    with socket.create_server((TARGETS[0], ports["target"])) as server:

        def accept():
            while not any(line.startswith(b"PROXY") for line in lines):
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(2)
                    lines.append(connection.recv(4096))
                    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")

        thread = threading.Thread(target=accept)
        thread.start()
        balancers.apply(dataclasses.replace(spec, targets=TARGETS[:1], proxy_protocol=True))
        get(spec)
        thread.join()
    assert lines[-1].startswith(b"PROXY TCP4 127.0.0.1 ")


def test_tls_without_a_certificate_passes_through(balancers, spec, ports):
    rule = dataclasses.replace(spec.rules[1], certificate=None, target_protocol="https")
    healthy = socket.create_server((TARGETS[0], ports["http"]))
    with healthy, socket.create_server((TARGETS[0], ports["target"])) as server:
        server.settimeout(10)
        check = HealthCheck(protocol="tcp", port=ports["http"], path="", interval_seconds=60)
        balancers.apply(dataclasses.replace(spec, rules=[rule], targets=TARGETS[:1], health_check=check))
        with socket.create_connection((ADDRESS, ports["https"])) as connection:
            connection.sendall(b"\x16\x03\x01")
            accepted, _ = server.accept()
            with accepted:
                assert accepted.recv(3) == b"\x16\x03\x01"
