from __future__ import annotations

import importlib
import time
from collections import Counter

import pytest

from slipway.execution import execute
from tests.delivery.conftest import FAKE_PULUMI
from tests.delivery.faults.endings import Ending
from tests.delivery.faults.fixed_service import FixedService
from tests.delivery.notification.conftest import smtp_server  # noqa: F401 - a fixture
from tests.delivery.script_server import write_script
from tests.delivery.served import serve
from tests.slipway.command_line import ROOT

LONGEST_PAUSE = 0.01
# Each client's patience, in seconds: a test has less than a person.
PATIENCE = {
    "delivery.github.client.TIMEOUT_SECONDS": 0.4,
    "delivery.github.waiting_deploys.LONGEST_SECONDS": 0.4,
    "delivery.images.registry_client.TIMEOUT_SECONDS": 0.4,
    "delivery.account.connection.TIMEOUT_SECONDS": 0.4,
    "delivery.account.digitalocean.COLLECTION_SECONDS": 0.4,
    "delivery.notification.slack.TIMEOUT_SECONDS": 0.4,
    "delivery.notification.mail.TIMEOUT_SECONDS": 0.4,
    "delivery.verification.smoke.REQUEST_SECONDS": 0.4,
    "delivery.verification.healthy.REQUEST_SECONDS": 0.4,
    "delivery.account.digitalocean.POLL_SECONDS": 0.01,
    "delivery.provenance.gate.REQUEST_SECONDS": 0.4,
    "delivery.preview_environment.cluster.GONE_SECONDS": 0.05,
    "infra.rollouts.cluster_access.REQUEST_SECONDS": 0.4,
}


def pytest_terminal_summary(terminalreporter):
    """How often each fault was met, and with which statuses the commands ended."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    met = Counter(tuple(each) for report in reports for name, each in report.user_properties if name == "fault")
    if not met:
        return
    terminalreporter.section(f"fault injection: {sum(met.values())} runs met a fault")
    for fault in sorted({fault for _, fault, _ in met}):
        by_status = Counter()
        for (_, kind, status), count in met.items():
            by_status[status] += count if kind == fault else 0
        statuses = ", ".join(f"status {status}: {count}" for status, count in sorted(by_status.items()) if count)
        terminalreporter.write_line(f"{fault:14}{sum(by_status.values()):5} ({statuses})")
    for service in sorted({service for service, _, _ in met}):
        terminalreporter.write_line(f"{service:14}{sum(count for key, count in met.items() if key[0] == service):5}")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    pause = time.sleep
    for name, seconds in PATIENCE.items():
        module, _, constant = name.rpartition(".")
        monkeypatch.setattr(importlib.import_module(module), constant, seconds)
    monkeypatch.setattr(time, "sleep", lambda seconds: pause(min(seconds, LONGEST_PAUSE)))


@pytest.fixture
def run(checkout, monkeypatch, capsys):
    """`slipway …` in the checkout; how it ended."""
    monkeypatch.chdir(checkout.folder)

    def run(*words):
        words = tuple(str(word) for word in words)
        capsys.readouterr()
        status = execute(ROOT, words)
        return Ending(words, status, *capsys.readouterr())

    return run


@pytest.fixture
def evidence(world, run, tmp_path):
    """Evidence of a deploy to staging, in a folder."""
    world.checkout.git("update-ref", "refs/remotes/origin/develop", "HEAD")
    words = ("stack", "deploy", "--stack", "staging", "--release", "v1.0.0", "--evidence", tmp_path / "evidence")
    assert run(*words).status == 0
    return tmp_path / "evidence"


@pytest.fixture
def install_program(world, tmp_path):
    """Put a program on PATH that prints a text."""
    write_script(tmp_path / "bin/fake-pulumi", FAKE_PULUMI)

    def install(name, text="", status=0, only=None):
        """`only`: words on its command line; with others the fake Pulumi answers."""
        output = tmp_path / f"{name} output"
        output.write_bytes(text if isinstance(text, bytes) else text.encode(errors="surrogatepass"))
        real = f'exec "{tmp_path}/bin/fake-pulumi" "$@"'
        script = f'cat "{output}"; exit {status}'
        script = f'case "$*" in *"{only}"*) {script};; *) {real};; esac' if only else f"{script}"
        file = tmp_path / "bin" / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    return install


@pytest.fixture
def fixed_service():
    with serve(FixedService()) as service:
        yield service
