"""The tests of delivery share a checkout, a registry, a backend, a fake Pulumi and a fake GitHub."""

from __future__ import annotations

import json
import os
import shutil
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from delivery.github.client import GitHubRepository
from slipway.execution import execute
from tests.delivery.backend_service import Service
from tests.delivery.checkout import Checkout, create_checkout
from tests.delivery.fake_cosign import write_cosign
from tests.delivery.fake_gh import write_gh
from tests.delivery.fake_github import NAME, OWNER, FakeGitHub
from tests.delivery.previews import preview
from tests.delivery.registry_server import Registry
from tests.delivery.script_server import end, write_script
from tests.delivery.served import end_all, serve, served
from tests.delivery.tls import certified
from tests.delivery.world import World
from tests.slipway.command_line import ROOT

# A machine that does much else makes inputs slowly: that says nothing of the code.
settings.register_profile("slipway", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("slipway")

FAKE_PULUMI = Path(__file__).parent / "fake_pulumi.py"


@pytest.fixture(scope="session", autouse=True)
def _servers_end():
    yield
    end_all()
    end()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A file with one certificate, to trust: a client that reads all that a machine trusts takes 30 ms to make."""
    return certified(tmp_path_factory.mktemp("authority"))["ssl_certfile"]


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch, tmp_path, authority):
    """No credentials, no run and no Docker login of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "GH_", "PULUMI_", "SLACK_", "SMTP_", "DIGITALOCEAN_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker-login"))
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    monkeypatch.setattr("delivery.verification.healthy.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("delivery.github.client.sleep", lambda _: None)
    monkeypatch.setattr("delivery.images.registry_client.PAUSES_SECONDS", (0.01, 0.01))
    monkeypatch.setattr("delivery.images.registry.WRITE_PAUSES_SECONDS", (0.01,))


# As the CLI prints it: stack/test_pulumi_stack.py has a real one. A runner's comes from GitHub only.
LOCKED = """error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete …
  file:///state/.pulumi/locks/organization/slipway/staging/2f1c.json: created by runner@fv-az1234-567 (pid 4711) at 2026-11-20T07:00:00Z
"""


@pytest.fixture
def registry():
    with serve(Registry()) as service:
        yield service


@pytest.fixture
def service(tmp_path):
    made = Service(tmp_path / "runs")
    made.file.write_text("")
    with served(made.app()) as url:
        made.url = url
        yield made


@pytest.fixture(scope="session")
def checkout_of(tmp_path_factory):
    """Makes the checkout whose images are in a registry, once: git runs seventeen times for it."""

    @cache
    def make(host):
        return create_checkout(tmp_path_factory.mktemp("checkout"), host)

    return make


@pytest.fixture
def checkout(tmp_path, registry, checkout_of):
    made = checkout_of(registry.host)
    return Checkout(shutil.copytree(made.folder, tmp_path / "checkout"), list(made.releases))


@pytest.fixture
def world(tmp_path, checkout, registry, service, monkeypatch):
    programs = tmp_path / "bin"
    programs.mkdir()
    write_script(programs / "pulumi", FAKE_PULUMI)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_PULUMI", str(tmp_path / "world.json"))
    made = World(tmp_path / "world.json", checkout, registry, service)
    made.file.write_text(
        json.dumps(
            {
                "stacks": {},
                "releases": {sha: made.outputs(sha) for sha in checkout.releases},
                "failing": [],
                "lock": "",
                "preview": preview("same"),
                "service": str(service.file),
                "calls": [],
            }
        )
    )
    return made


@pytest.fixture
def github(monkeypatch):
    made = FakeGitHub()
    with served(made.app()) as url:
        monkeypatch.setenv("GITHUB_API_URL", url)
        monkeypatch.setenv("GITHUB_REPOSITORY", f"{OWNER}/{NAME}")
        monkeypatch.setenv("GITHUB_TOKEN", "gh-token")
        made.repository = GitHubRepository.from_environment()
        yield made
    assert made.unpublished == []


@pytest.fixture
def cosign(world, tmp_path, monkeypatch):
    """What cosign was asked, as a file."""
    file = write_cosign(tmp_path / "bin", tmp_path)
    monkeypatch.setenv("FAKE_COSIGN", str(file))
    return file


@pytest.fixture
def attested(world, tmp_path, monkeypatch):
    """Which attestations the GitHub CLI does not find, as a file."""
    file = write_gh(tmp_path / "bin", tmp_path)
    monkeypatch.setenv("FAKE_GH", str(file))
    return file


@pytest.fixture
def summary(tmp_path, monkeypatch):
    """The run's summary, as a function that reads it."""
    file = tmp_path / "summary.md"
    file.touch()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    return file.read_text


@pytest.fixture
def slipway(checkout, monkeypatch, capsys):
    """`slipway …` in the checkout: its status and what it printed."""
    monkeypatch.chdir(checkout.folder)

    def run(*words):
        status = execute(ROOT, [str(word) for word in words])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


def pytest_collection_modifyitems(items):
    """Begin with the files whose tests are given the longest time: one begun last would leave other workers idle."""
    longest = {}
    for item in items:
        mark = item.get_closest_marker("timeout")
        longest[item.path] = max(longest.get(item.path, 0), mark.args[0] if mark else 0)
    items.sort(key=lambda item: -longest[item.path])
