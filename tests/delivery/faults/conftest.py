from __future__ import annotations

import importlib
import time

import pytest

from slipway.execution import execute
from tests.delivery.faults.endings import Ending
from tests.slipway.command_line import ROOT

LONGEST_PAUSE = 0.01
# Each client's patience, in seconds: a test has less than a person.
PATIENCE = {
    "delivery.github.client.TIMEOUT_SECONDS": 0.4,
    "delivery.images.registry.TIMEOUT_SECONDS": 0.4,
    "delivery.account.digitalocean.TIMEOUT_SECONDS": 0.4,
    "delivery.account.digitalocean.COLLECTION_SECONDS": 0.4,
    "delivery.notification.slack.TIMEOUT_SECONDS": 0.4,
    "delivery.notification.mail.TIMEOUT_SECONDS": 0.4,
    "delivery.verification.smoke.REQUEST_SECONDS": 0.4,
    "delivery.verification.healthy.REQUEST_SECONDS": 0.4,
    "delivery.account.digitalocean.POLL_SECONDS": 0.01,
    "delivery.provenance.gate.REQUEST_SECONDS": 0.4,
}


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
