"""Recovering after a killed update: the real CLI and state, our DigitalOcean provider, and the emulated API."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from localcloud.api.access_token import token
from localcloud.instance import Instance
from localcloud.pulumi_engine import plugins
from localcloud.pulumi_engine.recovery import recover

VPC = "digitalocean:index/vpc:Vpc"
URN = f"urn:pulumi:local::slipway::{VPC}::network"
PROGRAM = f"""\
import pulumi

class Vpc(pulumi.CustomResource):
    def __init__(self, name):
        super().__init__("{VPC}", name, {{"name": "main", "region": "fra1"}})

pulumi.export("id", Vpc("network").id)
"""


@pytest.fixture
def api(instance, tmp_path, monkeypatch):
    """The emulated API as a process, at the port that the instance has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setattr(Instance, "api_port", property(lambda _: port))
    (tmp_path / "credentials.json").write_text("{}")
    command = [sys.executable, "-m", "localcloud.api", "--port", str(port), "--state", str(tmp_path / "api")]
    environment = {
        **os.environ,
        "DIGITALOCEAN_TOKEN": token(instance),
        "REGISTRY_URL": "http://127.0.0.1:9",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    process = subprocess.Popen(
        [*command, "--credentials", str(tmp_path / "credentials.json")], env=environment, cwd=tmp_path
    )
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token(instance)}"}
    ) as client:
        deadline = time.monotonic() + 30
        while not _answers(client):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield client
    process.terminate()
    process.wait()


def _answers(client):
    try:
        return client.get("/_emulator/health").is_success
    except httpx.HTTPError:
        return False


@pytest.fixture
def session(api, workspace, project, monkeypatch):
    monkeypatch.setattr(plugins, "PACKAGES", ("digitalocean",))
    (project / "__main__.py").write_text(PROGRAM)
    (project / "Pulumi.local.yaml").write_text(
        f"config:\n  digitalocean:apiEndpoint: {api.base_url}\n  slipway:release: HEAD\n  slipway:services: {{}}\n"
    )
    monkeypatch.setattr(type(workspace.stack), "_ports", lambda *_: {})
    with workspace.session() as session:
        session.create_stack()
        yield session


def vpcs(api):
    return [vpc["id"] for vpc in api.get("/v2/vpcs").json()["vpcs"] if vpc["name"] == "main"]


def interrupt(session, kind, resource):
    """The state as a killed update leaves it: an operation that was begun and has no end, and a lock."""
    state = session.workspace.state / ".pulumi/stacks/slipway/local.json"
    content = json.loads(state.read_text())  # `stack import` would leave the operations out
    content["checkpoint"]["latest"]["pending_operations"] = [{"type": kind, "resource": resource}]
    state.write_text(json.dumps(content))
    lock = session.workspace.state / ".pulumi/locks/organization/slipway/local/dead.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps({"pid": 1, "username": "t", "hostname": "h", "timestamp": "2026-01-01T00:00:00Z"}))


def resource(session):
    (found,) = [
        each for each in json.loads(session.run("stack", "export"))["deployment"]["resources"] if each["urn"] == URN
    ]
    return found


def test_a_stack_without_a_killed_update_is_left_alone(session):
    session.run_program("up", "--yes", "--skip-preview")
    assert recover(session) == []


def test_a_creation_that_is_missing_in_the_state_is_repeated(session, api):
    """The cloud has made the resource already."""
    session.run_program("up", "--yes", "--skip-preview")
    made = resource(session)
    (before,) = vpcs(api)
    session.run("state", "delete", URN, "--yes")
    interrupt(session, "creating", {key: made[key] for key in ("urn", "custom", "type", "inputs", "parent")})
    assert recover(session) == [f"cleared a pending operation: creating {URN}"]
    session.run_program("up", "--yes", "--skip-preview")
    (after,) = vpcs(api)
    assert after != before
    assert session.outputs()["id"] == after


def test_an_update_that_was_begun_is_settled_by_what_the_cloud_has(session, api):
    session.run_program("up", "--yes", "--skip-preview")
    interrupt(session, "updating", resource(session))
    assert recover(session) == [f"cleared a pending operation: updating {URN}"]
    assert recover(session) == []
    assert "2 unchanged" in session.run_program("up", "--yes", "--skip-preview")


def test_a_run_that_was_killed_for_real_leaves_nothing_behind(session, api):
    """Killed while the API holds the request back: the creation is on record as begun."""
    api.post("/_emulator/faults", json={"method": "POST", "path": "/v2/vpcs", "status": 503, "times": 1000})
    workspace = session.workspace
    words = ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", "local"]
    state = workspace.state / ".pulumi/stacks/slipway/local.json"
    with workspace.session() as killed:
        process = subprocess.Popen(
            [workspace.cli.program, *words, "--config-file", str(workspace.stack.write())],
            cwd=workspace.stack.checkout,
            env={**os.environ, **killed.environment},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 60
        while URN not in state.read_text():  # the stack's own operation comes first
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    api.delete("/_emulator/faults")
    assert recover(session) == [f"cleared a pending operation: creating {URN}"]
    session.run_program("up", "--yes", "--skip-preview")
    assert vpcs(api) == [session.outputs()["id"]]
