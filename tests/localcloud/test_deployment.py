from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from localcloud import deployment as module
from localcloud.cloud import checkout
from localcloud.deployment import Deployment, DeploymentError, Live
from localcloud.machine.command import Cancelled, Commands
from localcloud.machine.docker import Engine
from localcloud.stack import Stack

OUTPUTS = {"services": {"backend": {"tag": "3f2a91c4d5e6"}, "inner": {"tag": "3f2a91c4d5e6-dirty-9b1c22d0"}}}


class Recording(Commands):
    """Commands that are noted and answered: the last line is the program's outputs."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def run(self, command, **options):
        self.calls.append((" ".join(map(str, command)), options))
        if "output" in command:
            return json.dumps(OUTPUTS)
        return f"said something\noutputs: {json.dumps(OUTPUTS)}\n"


@pytest.fixture
def deployment(instance, monkeypatch, tmp_path):
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    commands = Recording()
    stack = Stack(instance, checkout(), {"slipway:release": "HEAD"})
    return Deployment(instance, stack, commands, Engine("unix:///x", commands, tmp_path / "log"))


@pytest.fixture
def service(instance):
    """What answers on the loopback port of the backend: not ready at first."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(503 if len(asked) < 3 else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", instance.service_port(30080)), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield asked
    server.shutdown()
    server.server_close()


def test_the_program_runs_in_process_and_every_service_is_waited_for(deployment, service):
    live = deployment.up(lambda **_: None)
    assert [str(each) for each in live] == [
        "backend 3f2a91c is live at http://127.0.0.1:8880",
        "inner 3f2a91c-dirty-9b1c22d0 is live inside the cluster",
    ]
    assert service[-1] == "/readyz"
    (command, options), *_ = deployment.commands.calls
    assert command.endswith("-m localcloud.engine up")
    assert json.loads(options["stdin"]) == {"checkout": str(checkout()), "overrides": {"slipway:release": "HEAD"}}
    assert options["environment"]["DOCKER_HOST"] == "unix:///x"


def test_the_cli_is_used_where_there_is_one_with_a_state_of_the_instances_own(deployment, service, monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda _: "/usr/bin/pulumi")
    deployment.up(lambda **_: None)
    select, cancel, _, up, output = [command for command, _ in deployment.commands.calls]
    assert "stack select --create local" in select
    assert cancel == "pulumi cancel --yes local"  # a killed run's lock: nobody else is at work here
    assert str(checkout()) not in select
    assert up.startswith("pulumi up --yes --skip-preview --non-interactive --stack local --config-file ")
    assert output == "pulumi stack output --json --stack local"
    environment = deployment.commands.calls[1][1]["environment"]
    assert environment["PULUMI_BACKEND_URL"] == f"file://{deployment.instance.home}/pulumi"
    passphrase = deployment.instance.home / "pulumi/passphrase"
    assert passphrase.stat().st_mode & 0o777 == 0o600
    assert passphrase.read_text() not in up


def test_one_engine_does_not_go_on_where_another_began(deployment, service, monkeypatch):
    deployment.up(lambda **_: None)
    monkeypatch.setattr(module.shutil, "which", lambda _: "/usr/bin/pulumi")
    with pytest.raises(
        DeploymentError, match="was made by the in-process engine, and the Pulumi CLI would be used now"
    ):
        deployment.up(lambda **_: None)


def test_a_service_that_never_answers_is_named(deployment, monkeypatch):
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.3)
    with pytest.raises(
        DeploymentError, match="backend is rolled out, and http://127.0.0.1:8880/readyz does not answer 200"
    ):
        deployment.up(lambda **_: None)


def test_a_stop_while_waiting_is_a_stop(deployment):
    deployment.commands.cancelled.set()
    with pytest.raises(Cancelled):
        deployment.up(lambda **_: None)


def test_a_preview_is_what_the_engine_says(deployment, monkeypatch):
    assert deployment.preview().startswith("said something")
    assert deployment.commands.calls[-1][0].endswith("localcloud.engine preview")
    monkeypatch.setattr(module.shutil, "which", lambda _: "/usr/bin/pulumi")
    deployment.preview()
    assert deployment.commands.calls[-1][0].startswith("pulumi preview --diff --stack local")


def test_a_line_about_a_service_shows_seven_digits_and_what_is_on_top():
    assert str(Live("a", "3f2a91c4d5e6", None)) == "a 3f2a91c is live inside the cluster"
