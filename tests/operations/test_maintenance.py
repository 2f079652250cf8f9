from __future__ import annotations

import dataclasses
import sys
from datetime import UTC, datetime

import pytest

from delivery.outcome import DeliveryError
from operations import maintenance
from operations.addresses import Address
from operations.maintenance import find_maintenance, start_maintenance

# Notes what it is to do; a rollout fails where there is a file `fails`.
KUBECTL = """
import pathlib, sys
folder, words = pathlib.Path(__file__).parent, sys.argv[3:]
with (folder / "done").open("a") as done:
    done.write(" ".join(words) + "\\n")
if words[0] == "get":
    print('{"metadata": {"name": "backend-maintenance", "uid": "1"}}')
if words[0] == "rollout" and (folder / "fails").exists():
    sys.exit("error: timed out waiting for the condition")
"""
ROUTE = {"spec": {"parentRefs": [], "hostnames": ["api.example.com"], "rules": [{}]}}
ADDRESS = Address("backend", "https://api.example.com", ROUTE)
NOW = datetime(2026, 11, 26, 10, 5, tzinfo=UTC)


@pytest.fixture
def kubectl(fake, tmp_path, monkeypatch):
    """The folder of a kubectl that changes nothing."""
    monkeypatch.setattr(maintenance, "ROUTE_SECONDS", 0)
    folder = tmp_path / "bin"
    (folder / "changes.py").write_text(KUBECTL)
    (folder / "kubectl").write_text(f'#!/bin/sh\nexec {sys.executable} {folder}/changes.py "$@"\n')
    return folder


@pytest.fixture
def prod(fake, cluster):
    fake.add_deployment()
    with dataclasses.replace(cluster, stack="prod") as prod:
        yield prod


def read_changes(kubectl):
    return [" ".join(line.split()[:2]) for line in (kubectl / "done").read_text().splitlines()]


def test_a_service_in_maintenance_is_found_by_its_page(fake, cluster):
    fake.add_maintenance("backend", "Back at 14:00.")
    [page] = find_maintenance(cluster)
    assert page.describe(NOW) == "backend shows a maintenance page, for 5 min: Back at 14:00."
    assert page.facts() == {
        "service": "backend",
        "since": "2026-11-26T10:00:00+00:00",
        "message": "Back at 14:00.",
    }


def test_nothing_is_left_of_a_page_that_does_not_start(prod, kubectl):
    (kubectl / "fails").touch()
    with pytest.raises(DeliveryError, match="timed out waiting"):
        start_maintenance(prod, ADDRESS, "soon", 300)
    assert read_changes(kubectl)[-2:] == ["delete httproute", "delete configmap"]


def test_the_previous_page_stays_if_the_new_one_does_not_start(prod, fake, kubectl):
    fake.add_maintenance("backend", "Back at 14:00.")
    (kubectl / "fails").touch()
    with pytest.raises(DeliveryError, match="the page before is shown until the new one starts: kubectl rollout"):
        start_maintenance(prod, ADDRESS, "soon", 300)
    assert read_changes(kubectl)[-1] == "rollout status"


def test_the_previous_page_stays_if_a_person_stops_the_command(prod, fake, kubectl, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    fake.add_maintenance("backend", "Back at 14:00.")
    monkeypatch.setattr(maintenance, "_lead_to_page", stop)
    with pytest.raises(KeyboardInterrupt):
        start_maintenance(prod, ADDRESS, "soon", 300)
    assert read_changes(kubectl)[-1] == "rollout status"
