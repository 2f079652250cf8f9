from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from delivery.verification.journey import run_journey
from infra.config.verification import Journey
from infra.source.registry_login import Login
from tests.delivery.docker_engine import DockerEngine
from tests.delivery.served import served

ROOT = Path(__file__).parents[3]
IMAGE = "registry.example.com/acme/backend@sha256:" + "1" * 64
JOURNEY = Journey(command=["python", "-m", "app.journey"])
URL = "http://127.0.0.1:8000"


@pytest.fixture
def engine(monkeypatch):
    made = DockerEngine({IMAGE})
    with served(made.app()) as url:
        made.url = url
        monkeypatch.setenv("DOCKER_HOST", made.host)
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        yield made


def test_a_journey_runs_in_the_image_like_a_pod_and_leaves_nothing(engine):
    check = run_journey(JOURNEY, IMAGE, URL)
    assert (check.name, check.passed, engine.left) == ("journey", True, set())
    assert check.detail.startswith("`python -m app.journey` ended well after ")
    (created,) = engine.created
    host = created["HostConfig"]
    assert (created["Image"], created["Entrypoint"], created.get("Cmd")) == (IMAGE, JOURNEY.command, None)
    assert created.get("User") is None  # the image's own
    assert (host["NetworkMode"], host["ReadonlyRootfs"], host["CapDrop"]) == ("host", True, ["ALL"])
    assert (host["Tmpfs"], host["SecurityOpt"]) == ({"/tmp": "mode=1777"}, ["no-new-privileges"])
    assert "SERVICE_URL=http://127.0.0.1:8000" in created["Env"]
    assert engine.pulled == []


def test_failed_journey_reports_its_status_and_the_end_of_its_output(engine):
    engine.status, engine.output = 1, "POST /todos: expected status 201, answered 500\n"
    check = run_journey(JOURNEY, IMAGE, URL)
    assert not check.passed
    assert check.detail == (
        "`python -m app.journey`: expected exit status 0, answered 1; its output ended with:\n"
        "POST /todos: expected status 201, answered 500"
    )
    assert engine.left == set()


def test_a_secret_that_a_journey_prints_is_not_shown(engine, monkeypatch):
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "correct horse")
    engine.status, engine.output = 2, f"token dop_v1_{'a' * 64}, correct horse"
    assert run_journey(JOURNEY, IMAGE, URL).detail.endswith("with:\ntoken [redacted], [redacted]")


def test_a_journey_that_does_not_end_is_ended(engine):
    engine.status = None
    check = run_journey(Journey(command=["sleep", "60"], seconds=1), IMAGE, URL)
    assert (check.passed, check.detail) == (False, "`sleep 60`: did not end within 1 s; it printed nothing")
    assert engine.left == set()


def test_a_missing_command_fails_the_journey_with_the_engines_reason(engine):
    engine.refusal = 'exec: "python": executable file not found in $PATH'
    check = run_journey(JOURNEY, IMAGE, URL)
    assert (check.passed, check.detail) == (
        False,
        f'`python -m app.journey` cannot run in {IMAGE}: exec: "python": executable file not found in $PATH',
    )
    assert engine.left == set()


@pytest.mark.parametrize("login", [None, Login("reader", "its-password")])
def test_an_image_missing_in_the_engine_is_pulled_by_its_digest(engine, login):
    engine.images.clear()
    assert run_journey(JOURNEY, IMAGE, URL, login).passed
    ((pulled, sent),) = engine.pulled
    assert pulled == IMAGE
    assert sent == ({"username": "reader", "password": "its-password"} if login else None)


def test_an_image_that_cannot_be_pulled_fails(engine):
    engine.images.clear()
    engine.registry = "unauthorized: authentication required"
    check = run_journey(JOURNEY, IMAGE, URL)
    assert (check.passed, check.detail) == (
        False,
        f"`python -m app.journey` cannot run in {IMAGE}: unauthorized: authentication required",
    )
    assert engine.created == []


def test_without_a_docker_engine_a_journey_fails_and_says_what_to_do(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    check = run_journey(JOURNEY, IMAGE, URL)
    assert not check.passed
    assert "no Docker Engine answers" in check.detail
    assert "start one, or set DOCKER_HOST" in check.detail


def test_a_journey_uses_the_proxies_and_certificates_of_this_machine(engine, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/company.pem")
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "of-this-machine")
    run_journey(JOURNEY, IMAGE, URL)
    (created,) = engine.created
    assert created["HostConfig"]["Binds"] == ["/etc/company.pem:/run/certificates.pem:ro"]
    assert {"https_proxy=http://proxy:3128", "SSL_CERT_FILE=/run/certificates.pem"} < set(created["Env"])
    assert "of-this-machine" not in str(created)


def test_a_host_has_the_address_that_it_has_on_this_machine(engine, monkeypatch):
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: resolve({"todo.example.com": "203.0.113.7"}.get(host, host), *rest, **more),
    )
    run_journey(JOURNEY, IMAGE, "https://todo.example.com")
    (created,) = engine.created
    assert created["HostConfig"]["ExtraHosts"] == ["todo.example.com:203.0.113.7"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_journey_leaves_no_container(engine, number):
    engine.status = None
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "  # ignored where jobs run beside a shell
        "from delivery.verification.journey import run_journey; from infra.config.verification import Journey; "
        f"run_journey(Journey(command=['sleep', '60']), {IMAGE!r}, {URL!r})"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE
    ) as process:
        deadline = time.monotonic() + 30
        while not engine.left:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.3)
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in said
    assert engine.left == set()
