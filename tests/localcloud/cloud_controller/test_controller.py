"""The process, and the programs that run beside a cluster's control plane."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from localcloud.cloud_controller import __main__ as program
from localcloud.cloud_controller import controller as module
from localcloud.cloud_controller.daemons import cloud_controller_daemon, traefik_daemon
from localcloud.machine.cluster_place import ClusterPlace

from .fakes import service
from .test_services import ingress

TOKEN = "dop_v1_secret"


@pytest.fixture
def place(instance):
    return ClusterPlace(account=instance, number=1)


@pytest.fixture
def running(controller, monkeypatch):
    monkeypatch.setattr(module, "INTERVAL_SECONDS", 0.02)
    stop = threading.Event()
    thread = threading.Thread(target=controller.run, args=[stop])
    thread.start()
    yield thread
    stop.set()
    thread.join()


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_loop_continues_when_the_cluster_does_not_answer(cluster, running, account):
    cluster.kinds.remove("services")
    time.sleep(0.2)
    cluster.kinds.add("services")
    cluster.put("services", service())
    wait_for(lambda: account.balancers)
    wait_for(lambda: "status" in cluster.get("services", "web") and ingress(cluster))


def test_process_ends_when_asked_to(cluster, kubeconfig):
    cluster.put("services", service())
    words = [
        "--kubeconfig",
        str(kubeconfig),
        "--api-url",
        "http://127.0.0.1:9",
        "--cluster",
        "c-1",
        "--region",
        "fra1",
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "localcloud.cloud_controller", *words, "--gateway-address", "10.253.0.2"],
        env={**os.environ, "DIGITALOCEAN_TOKEN": TOKEN},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for(cluster.events)
        process.terminate()
        out, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Service shop/web: GET /v2/load_balancers" in out
    assert TOKEN not in out
    assert "Error syncing load balancer" in cluster.events()[0][2]


def test_process_without_a_token_says_so(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("DIGITALOCEAN_TOKEN", raising=False)
    words = [
        "x",
        "--kubeconfig",
        str(tmp_path),
        "--api-url",
        "x",
        "--cluster",
        "c-1",
        "--region",
        "fra1",
        "--gateway-address",
        "x",
    ]
    monkeypatch.setattr(sys, "argv", words)
    assert program.main() == program.USAGE
    assert "DIGITALOCEAN_TOKEN is not set" in capsys.readouterr().err


def test_token_is_not_on_the_command_line(place):
    daemon = cloud_controller_daemon(
        place, cluster="c-1", region="fra1", vpc="v", api_url="http://127.0.0.1:8088", token=TOKEN
    )
    assert TOKEN not in " ".join(map(str, daemon.command))
    assert daemon.environment["DIGITALOCEAN_TOKEN"] == TOKEN


def test_traefik_takes_every_flag(place):
    """It refuses a flag that it does not know before it starts; without a cluster it then waits for one."""
    words = list(map(str, traefik_daemon(place).command))
    flags = [word.replace(place.node_address, "127.80.99.2") for word in words[words.index("--") + 2 :]]
    flags = [flag.replace(":80/", ":8980/").replace(":443/", ":8943/") for flag in flags]
    program = words[words.index("--") + 1]
    with subprocess.Popen([program, *flags], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            out, _ = process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.terminate()
            out, _ = process.communicate(timeout=30)
    assert "Starting provider *gateway.Provider" in out or "Starting provider" in out, out
    assert "failed to decode configuration" not in out
