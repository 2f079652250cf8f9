"""Deploying with the real engine: a program that exports services, and a server that is one of them."""

from __future__ import annotations

import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from databases.ports import free_port

from localcloud import deployment as module
from localcloud.deployment import Deployment, DeploymentError
from localcloud.instance import Instance
from localcloud.live_release import LiveRelease, LiveService
from localcloud.machine.command import CancelledError, CommandError
from localcloud.pulumi_engine import plugins

from .pulumi_engine.conftest import project, pulumi_cli, workspace  # noqa: F401 - fixtures

PROGRAM = """\
import subprocess
import pulumi

config = pulumi.Config("slipway")
if config.get("images") == "registry" and config.require("release") == "HEAD":
    raise pulumi.RunError("slipway:images says to look these images up, and the registry does not hold:\\n  - x")
sha = subprocess.run(["git", "rev-parse", config.require("release")], check=True, capture_output=True, text=True)
services = config.require_object("services")
pulumi.export("release", sha.stdout.strip())
pulumi.export("services", {name: {"tag": "3f2a91c4d5e6", "url": (each or {}).get("url")} for name, each in services.items()})
"""
STACK_FILE = """\
config:
  slipway:release: HEAD
  slipway:images: build
  slipway:services:
    backend: {nodePort: 30080}
    inner:
"""


@pytest.fixture
def port(monkeypatch):
    """A loopback port that nobody else has, as the one of every service."""
    number = free_port()
    monkeypatch.setattr(Instance, "service_port", lambda *_: number)
    return number


@pytest.fixture
def deployment(workspace, project, port, monkeypatch):  # noqa: F811
    monkeypatch.setattr(plugins, "PACKAGES", ())
    (project / "__main__.py").write_text(PROGRAM)
    (project / "Pulumi.local.yaml").write_text(STACK_FILE)
    for name in ("backend", "inner"):
        (project / name).mkdir(exist_ok=True)
        (project / name / "service.yaml").write_text("port: 8000\n")
    commit(project)
    return Deployment(workspace)


def commit(folder):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *identity, "commit", "-qam", "change", "--allow-empty"], cwd=folder, check=True)
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def backend(port):
    """What answers on the loopback port of the backend: not ready at first."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(503 if len(asked) < 3 else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield asked
    server.shutdown()
    server.server_close()


def quiet(**_):
    pass


def test_up_waits_for_every_service_and_reports_engine_and_release(deployment, backend, project, port):  # noqa: F811
    notes = []
    live = deployment.up(lambda note: notes.append(note))
    assert backend == ["/readyz", "/readyz", "/readyz", "/"]
    assert notes == [str(deployment.workspace.cli)]
    head = commit(project)
    assert live.release != head  # the commit before
    assert [(each.name, each.url) for each in live.services] == [
        ("backend", f"http://127.0.0.1:{port}"),
        ("inner", None),
    ]


def test_page_of_an_api_is_its_docs(monkeypatch):
    answers = {"http://x/docs"}
    monkeypatch.setattr(module, "_is_ready", lambda url: url in answers)
    assert module._find_page("http://x") == "http://x/docs"
    answers.add("http://x/")
    assert module._find_page("http://x") == "http://x"
    answers.clear()
    assert module._find_page("http://x") == "http://x"


def test_previous_release_is_the_last_other_one(deployment, backend, project):  # noqa: F811
    with pytest.raises(DeploymentError, match="no other release ran here yet"):
        deployment.previous_release()
    first = deployment.up(quiet).release
    commit(project)
    deployment.up(quiet)
    assert deployment.previous_release() == first


def test_missing_images_error_names_releases_and_build(deployment, backend, project):  # noqa: F811
    first = deployment.up(quiet).release
    text = (project / "Pulumi.local.yaml").read_text()
    (project / "Pulumi.local.yaml").write_text(text.replace("images: build", "images: registry"))
    with pytest.raises(DeploymentError) as error:
        deployment.up(quiet)
    assert f"These releases ran here: {first[:12]}. " in str(error.value)
    assert "`make up RELEASE=HEAD BUILD=1`" in str(error.value)


def test_a_base_image_that_cannot_be_had_names_those_that_can(deployment, project):  # noqa: F811
    text = "failed to resolve source metadata: lookup registry-1.docker.io: no such host"
    (project / "__main__.py").write_text(f"import pulumi\nraise pulumi.RunError({text!r})\n")
    with pytest.raises(
        DeploymentError, match="no public registry. An image can be built on python:3.13-slim-trixie; or on busybox"
    ):
        deployment.up(lambda **_: None)


def test_other_errors_are_passed_on(deployment, project):  # noqa: F811
    (project / "__main__.py").write_text("import pulumi\nraise pulumi.RunError('write a region')\n")
    with pytest.raises(CommandError, match="write a region"):
        deployment.up(quiet)


def test_old_local_cloud_says_how_to_start_over(deployment):
    (deployment.workspace.instance.home / "engine").write_text("the in-process engine")
    for act in (lambda: deployment.up(quiet), deployment.preview):
        with pytest.raises(DeploymentError, match="start over with `make down PURGE=1` and then `make up`"):
            act()


def test_unreachable_service_is_named(deployment, monkeypatch, port):
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.3)
    message = f"backend is rolled out, and http://127.0.0.1:{port}/readyz does not answer 200"
    with pytest.raises(DeploymentError, match=message):
        deployment.up(quiet)


def test_wait_ends_on_cancel(deployment, monkeypatch):
    outputs = {"release": "x", "services": {"backend": {"tag": "x", "url": "http://127.0.0.1:1"}}}
    deployment.workspace.commands.cancelled.set()
    with pytest.raises(CancelledError):
        deployment._wait(outputs)


def test_preview_prints_the_planned_changes(deployment):
    assert "+ 1 to create" in deployment.preview()


def test_printed_release_can_be_passed_to_make_up():
    services = [
        LiveService("backend", "3f2a91c4d5e6", "http://127.0.0.1:8080"),
        LiveService("worker", "3f2a91c4d5e6-dirty-9b1c22d0", None),
    ]
    assert str(LiveRelease("6eb82ce1" * 5, True, services)) == (
        "release 6eb82ce16eb8 with uncommitted changes is live:\n"
        "  backend            3f2a91c4d5e6 http://127.0.0.1:8080\n"
        "  worker             3f2a91c4d5e6-dirty-9b1c22d0 inside the cluster; set nodePort to reach it from here"
    )
