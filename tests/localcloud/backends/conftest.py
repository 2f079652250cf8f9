"""An account has real databases and load balancers on addresses of its own, and clusters that nobody starts."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from bare.packages import HAPROXY, PGBOUNCER, POSTGRESQL, REDIS, require

from localcloud import versions
from localcloud.api.load_balancer_backend import ForwardingRule, HealthCheck, LoadBalancerSpec
from localcloud.backends import kubernetes_cluster
from localcloud.backends.certificates import LocalCertificates
from localcloud.backends.clusters import LocalClusters
from localcloud.backends.databases import DatabaseServers
from localcloud.backends.load_balancers import HaproxyLoadBalancers
from localcloud.backends.place import BackendPlace
from localcloud.machine.command import Commands
from localcloud.machine.locks import exclusive

from .cluster_specs import fake_compiled_version
from .database_client import Client
from .load_balancer_client import ADDRESS, TARGETS
from .targets import free_port, target


@pytest.fixture(scope="module")
def number(request):
    """The number of the module's own account, whose addresses are 10.252.{number}.0/24; instances have 0 to 9."""
    return request.module.NUMBER


@pytest.fixture(scope="module")
def place():
    # Not below pytest's own folder, whose path is too long for the supervisor's socket.
    folder = Path(tempfile.mkdtemp(prefix="slipway-databases-"))
    yield BackendPlace(home=folder / "home", run=folder / "run")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def databases(place, number):
    """The account's databases, which tests share: `apply` makes of them what each needs."""
    if os.geteuid() != 0:
        pytest.skip("needs root, as the local cloud does")
    for package in (POSTGRESQL, PGBOUNCER, REDIS):
        require(package)
    lock = Path(tempfile.gettempdir()) / f"slipway-test-databases-{number}.lock"
    with exclusive(lock):  # as several suites may run on the machine
        made = DatabaseServers(number, place, Commands())
        yield made
        for identity in list(made._records()):
            made.delete(identity)


@pytest.fixture
def client(databases, tmp_path):
    """Makes a client of the database that a specification becomes."""
    return lambda spec: Client(databases, databases.apply(spec), tmp_path)


@pytest.fixture
def balancer_place(tmp_path):
    return BackendPlace(home=tmp_path / "lb", run=tmp_path / "r")


@pytest.fixture
def balancers(balancer_place):
    made = HaproxyLoadBalancers(balancer_place, Path(require(HAPROXY)), "127.80.99")
    yield made
    made.stop()


@pytest.fixture
def certificates(tmp_path):
    return LocalCertificates(tmp_path / "authority")


@pytest.fixture
def ports():
    """The entry ports of the load balancer and the port of its targets, by name."""
    return {name: free_port() for name in ("http", "https", "target")}


@pytest.fixture
def servers(ports):
    """Every target serves HTTP."""
    with target(TARGETS[0], ports["target"]), target(TARGETS[1], ports["target"]):
        yield


@pytest.fixture
def spec(ports, certificates):
    """A load balancer that takes HTTP and HTTPS, with every target behind it."""
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


@pytest.fixture
def clusters(instance, toolbox):
    fake_compiled_version(toolbox, versions.KUBERNETES)
    return LocalClusters(instance, toolbox, Commands(), registry="127.0.0.1:5600")


@pytest.fixture
def applied(monkeypatch):
    """The records of clusters, which are noted instead of applied."""
    seen = []
    monkeypatch.setattr(kubernetes_cluster.KubernetesCluster, "apply", lambda _, record: seen.append(record))
    return seen
