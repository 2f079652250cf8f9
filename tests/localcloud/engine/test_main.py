"""`python -m localcloud.engine`, with a program of a few lines."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest

from localcloud.api.access_token import token
from localcloud.engine import __main__ as module
from localcloud.engine.change import Change, EngineError
from localcloud.instance import Instance

from ..api.conftest import CREDENTIALS

PROGRAM = """
import pulumi
import pulumi_digitalocean as digitalocean
vpc = digitalocean.Vpc("v", name="v", region=pulumi.Config().require("region"), ip_range="10.9.0.0/20")
pulumi.export("services", {"a": {"id": vpc.id, "n": pulumi.Config().require_object("n")}})
"""


@pytest.fixture
def checkout(tmp_path, instance, monkeypatch):
    """A program, its stack file, and the emulated API on the instance's own port."""
    import threading
    import time

    import uvicorn

    from localcloud.api.application import create_application

    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "Pulumi.local.yaml").write_text("config: {'slipway:region': fra1, 'slipway:n': [1]}\n")
    (tmp_path / "credentials").write_text(json.dumps(CREDENTIALS))
    app = create_application(
        state=tmp_path / "state", token=token(instance), credentials=tmp_path / "credentials", registry_url="http://x"
    )
    server = uvicorn.Server(uvicorn.Config(app, port=instance.api_port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    monkeypatch.setattr(Instance, "from_environment", classmethod(lambda _: instance))
    monkeypatch.setattr(module.docker, "address", lambda: "unix:///x")
    root = logging.getLogger().handlers[:]
    yield folder
    logging.getLogger().handlers[:] = root
    server.should_exit = True
    thread.join(10)
    app.state.store.close()


def run(checkout, command, monkeypatch, capsys, **overrides):
    options = {"checkout": str(checkout), "overrides": {f"slipway:{key}": value for key, value in overrides.items()}}
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(options)))
    status = module.main([command])
    return status, capsys.readouterr().out.splitlines()


def test_a_program_is_previewed_made_and_then_unchanged(checkout, monkeypatch, capsys):
    status, lines = run(checkout, "preview", monkeypatch, capsys)
    assert (status, lines[:2]) == (0, [" + digitalocean:index/vpc:Vpc v: create", "1 changed, 0 unchanged"])
    status, lines = run(checkout, "up", monkeypatch, capsys)
    assert (status, lines[0]) == (0, " + digitalocean:index/vpc:Vpc v: create")
    outputs = json.loads(lines[-1].removeprefix("outputs: "))
    assert outputs["services"]["a"]["n"] == [1]
    assert run(checkout, "up", monkeypatch, capsys)[1][0] == "0 changed, 1 unchanged"


def test_what_the_program_raises_is_the_last_line_without_our_stack(checkout, monkeypatch, capsys):
    status, lines = run(checkout, "up", monkeypatch, capsys, region="moon1")
    assert status == 1
    assert lines[-1].startswith("error: digitalocean:index/vpc:Vpc v: POST /v2/vpcs: 422") or lines[-1].startswith(
        "error: POST /v2/vpcs: 422"
    )
    assert not any("Traceback" in line for line in lines)


def test_without_docker_nothing_begins(checkout, monkeypatch, capsys):
    monkeypatch.setattr(module.docker, "address", lambda: None)
    with pytest.raises(EngineError, match="no Docker Engine answers: run `make up`"):
        run(checkout, "up", monkeypatch, capsys)


def test_every_change_has_pulumis_sign():
    assert [change.sign for change in Change] == ["+", "~", "-", " ", ">"]
