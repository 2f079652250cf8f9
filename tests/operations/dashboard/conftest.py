from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from delivery.stack.history import DeployedRelease
from delivery.stack.outputs import Outputs, ServiceFacts
from delivery.stack.restrictions import Freeze, Restrictions
from operations.canaries import RunningCanary
from operations.dashboard import cluster_credential, server
from operations.dashboard.server import Dashboard
from operations.dashboard.stack_sources import HeldImages, StackSources
from operations.deploys import DeployState, WaitingRun

from ..conftest import cluster, fake, servers  # noqa: F401 - fixtures

NOW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Sources(StackSources):
    """A real cluster's client and kubectl's; of Pulumi, the registry and GitHub, what they answered."""

    deploys: dict = field(default_factory=dict)
    releases: list = field(default_factory=list)
    services: dict = field(default_factory=dict)
    images: dict = field(default_factory=dict)

    def read_deploys(self):
        return DeployState(**{"restrictions": Restrictions(), "update": None, "approvals": None, **self.deploys})

    def read_releases(self):
        return self.releases

    def read_outputs(self):
        return Outputs(release="a" * 40, services=self.services)

    def read_images(self):
        return self.images


@pytest.fixture
def sources(cluster, monkeypatch):  # noqa: F811
    monkeypatch.setattr(cluster_credential, "open_cluster", lambda *_, **__: cluster)
    monkeypatch.setattr(server, "PAGE_SECONDS", 30.0)  # a busy machine takes longer than a page waits
    return Sources("prod", Path())


@pytest.fixture
def browse(sources):
    """What a browser gets; every name of the browser's own is the server's address."""
    client = TestClient(Dashboard(sources).create_app(), base_url="http://127.0.0.1:5580")
    return client.get


def deployed(sha="a" * 40, **facts):
    own = {"version": None, "at": NOW, "succeeded": True, "by": "ada", "url": None, "message": ""}
    return DeployedRelease(sha=sha, **{**own, **facts})


def running(url="http://127.0.0.1:8080", tag="a" * 12):
    return ServiceFacts(sha="a" * 40, tag=tag, digest="sha256:1", image="r/backend@sha256:1", url=url)


def frozen(reason):
    return {"restrictions": Restrictions(freeze=Freeze(reason=reason, by="ada", at=NOW))}


def left_canary():
    facts = {"percent": 10, "tag": "bbb", "live": "a" * 40, "since": NOW, "is_left": True}
    return {"canaries": (RunningCanary(service="backend", **facts),)}


def held(*tags, has_running=True):
    return HeldImages(tags, has_running)


def waiting(title, url="https://github.com/acme/todo/actions/runs/1"):
    return {"approvals": (WaitingRun(title=title, url=url, since=NOW),)}
