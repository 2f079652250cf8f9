"""A real HAProxy in front of real servers, on high ports."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import socket
import ssl
import threading
import time
from pathlib import Path

import httpx
import psutil
import pytest
from bare.packages import HAPROXY, require

from localcloud.api.backends import BackendError
from localcloud.api.load_balancer_backend import ForwardingRule, HealthCheck, LoadBalancerSpec
from localcloud.backends.certificates import LocalCertificates
from localcloud.backends.load_balancers import HaproxyLoadBalancers
from localcloud.backends.place import BackendPlace

from .targets import free_port, target

ADDRESS = "127.80.99.10"
TARGETS = ["127.0.0.2", "127.0.0.3"]
HOST = "app.example.com"


@pytest.fixture
def place(tmp_path):
    return BackendPlace(home=tmp_path / "lb", run=tmp_path / "r")


@pytest.fixture
def balancers(place):
    made = HaproxyLoadBalancers(place, Path(require(HAPROXY)), "127.80.99")
    yield made
    made.stop()


@pytest.fixture
def certificates(tmp_path):
    return LocalCertificates(tmp_path / "authority")


@pytest.fixture
def ports():
    return {name: free_port() for name in ("http", "https", "target")}


@pytest.fixture
def servers(ports):
    with target(TARGETS[0], ports["target"]), target(TARGETS[1], ports["target"]):
        yield


@pytest.fixture
def spec(ports, certificates):
    certificate = certificates.issue(["example.com", "*.example.com"])
    return LoadBalancerSpec(
        id="5a1e4b7c-0000-4000-8000-000000000001",
        name="web",
        address=ADDRESS,
        rules=[
            ForwardingRule(
                entry_protocol="http", entry_port=ports["http"], target_protocol="http", target_port=ports["target"]
            ),
            ForwardingRule(
                entry_protocol="https",
                entry_port=ports["https"],
                target_protocol="http",
                target_port=ports["target"],
                certificate=certificate,
            ),
        ],
        targets=TARGETS,
        health_check=HealthCheck(protocol="http", port=ports["target"], path="/healthz", interval_seconds=1),
        redirect_http_to_https=False,
        proxy_protocol=False,
        idle_timeout_seconds=60,
    )


def client(certificates):
    return httpx.Client(verify=ssl.create_default_context(cafile=certificates.root_file), trust_env=False, timeout=10)


def get(spec, entry="http", *, session=None, path="/", headers=None, certificates=None):
    rule = spec.rules[0 if entry == "http" else 1]
    url = f"{entry}://{spec.address}:{rule.entry_port}{path}"
    options = {"headers": {"Host": HOST, **(headers or {})}, "extensions": {"sni_hostname": HOST}}
    if session is None:
        session = client(certificates) if certificates else httpx.Client(trust_env=False, timeout=10)
        with session:
            return session.get(url, **options)
    return session.get(url, **options)


def sent(reply):
    """The headers the target was sent, as a list of pairs."""
    return reply.json()["headers"]


def test_requests_reach_the_targets_in_turn(balancers, spec, servers):
    balancers.apply(spec)
    assert {get(spec).json()["server"] for _ in range(4)} == set(TARGETS)


def test_http_request_carries_where_it_came_from(balancers, spec, servers, ports):
    balancers.apply(spec)
    headers = dict(sent(get(spec, headers={"X-Forwarded-Proto": "https"})))
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-port"] == str(ports["http"])
    assert headers["host"] == HOST


def test_client_cannot_pass_for_another_address(balancers, spec, servers):
    balancers.apply(spec)
    forwarded = [
        value for key, value in sent(get(spec, headers={"X-Forwarded-For": "9.9.9.9"})) if key == "x-forwarded-for"
    ]
    assert forwarded[-1].endswith("127.0.0.1")


def test_tls_ends_at_the_load_balancer(balancers, spec, servers, certificates):
    balancers.apply(spec)
    reply = get(spec, "https", certificates=certificates)
    assert dict(sent(reply))["x-forwarded-proto"] == "https"


def test_wildcard_does_not_cover_the_level_below(balancers, spec, servers, certificates):
    balancers.apply(spec)
    context = ssl.create_default_context(cafile=certificates.root_file)
    with (
        socket.create_connection((ADDRESS, spec.rules[1].entry_port)) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="mismatch"),
    ):
        context.wrap_socket(plain, server_hostname="a.b.example.com")


def test_new_certificate_is_served_after_the_next_apply(balancers, spec, servers, certificates, place):
    balancers.apply(spec)
    renewed = certificates.issue(["example.com", "*.example.com"])
    rules = [spec.rules[0], dataclasses.replace(spec.rules[1], certificate=renewed)]
    balancers.apply(dataclasses.replace(spec, rules=rules))
    served = ssl.get_server_certificate((ADDRESS, spec.rules[1].entry_port))
    assert served.strip() == renewed.leaf.strip()
    assert len(list(place.home.rglob("*.pem"))) == 1


def test_http_is_redirected_to_https_with_its_path(balancers, spec, servers, ports):
    balancers.apply(dataclasses.replace(spec, redirect_http_to_https=True))
    reply = get(spec, path="/a?b=c")
    assert reply.status_code == 307
    assert reply.headers["location"] == f"https://{HOST}:{ports['https']}/a?b=c"


def test_redirect_to_443_names_no_port(spec):
    from localcloud.backends.haproxy import write_configuration

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


def test_no_request_fails_while_targets_change(balancers, spec, servers, certificates):
    balancers.apply(spec)
    stop, failures, served = threading.Event(), [], []

    def ask(*, keep):
        with client(certificates) as session:
            while not stop.is_set():
                try:
                    reply = get(spec, "https", session=session if keep else None, certificates=certificates)
                    (served if reply.status_code == 200 else failures).append(reply.status_code)
                except httpx.HTTPError as error:
                    failures.append(repr(error))

    threads = [threading.Thread(target=ask, kwargs={"keep": keep}) for keep in (True, True, False)]
    for thread in threads:
        thread.start()
    for targets in [TARGETS[:1], TARGETS, TARGETS[1:], TARGETS] * 2:
        balancers.apply(dataclasses.replace(spec, targets=targets))
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(served) > 50


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


def test_same_specification_leaves_haproxy_alone(balancers, spec, servers):
    balancers.apply(spec)
    workers = processes(balancers)
    balancers.apply(spec)
    assert processes(balancers) == workers


def test_two_load_balancers_do_not_disturb_each_other(balancers, spec, servers):
    other = dataclasses.replace(spec, id="77777777-0000-4000-8000-000000000002", address="127.80.99.11")
    balancers.apply(other)
    before = processes(balancers)
    balancers.apply(spec)
    assert before < processes(balancers)
    assert [get(one).status_code for one in (spec, other)] == [200, 200]
    balancers.delete(other.id)
    assert get(spec).status_code == 200
    assert processes(balancers).isdisjoint(before)
    with pytest.raises(httpx.ConnectError):
        get(other)


def test_delete_removes_the_keys_and_may_be_repeated(balancers, spec, place):
    balancers.apply(spec)
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in place.home.rglob("*.pem"))
    balancers.delete(spec.id)
    balancers.delete(spec.id)
    assert list(place.home.rglob("*.pem")) == []
    assert processes(balancers) == set()


def test_killed_haproxy_comes_back(balancers, spec, servers):
    balancers.apply(spec)
    for pid in processes(balancers):
        with contextlib.suppress(ProcessLookupError):  # the worker ends with its master
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 15
    while True:
        try:
            assert get(spec).status_code == 200
            break
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_address_is_one_that_is_not_taken(balancers):
    assert balancers.address([]) == "127.80.99.10"
    assert balancers.address(["127.80.99.10", "127.80.99.12"]) == "127.80.99.11"
    with pytest.raises(BackendError, match="delete a load balancer"):
        balancers.address([f"127.80.99.{host}" for host in range(256)])


def test_configuration_that_haproxy_refuses_changes_nothing(balancers, spec, servers):
    balancers.apply(spec)
    with pytest.raises(BackendError, match="load balancer web: HAProxy refuses it"):
        balancers.apply(dataclasses.replace(spec, targets=["no address"]))
    assert get(spec).status_code == 200


def processes(balancers):
    run = str(balancers.place.run)
    return {
        process.pid
        for process in psutil.process_iter(["name", "environ"])
        if process.info["name"] == "haproxy" and run in str(process.info["environ"])
    }
