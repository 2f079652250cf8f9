from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
import yaml

from delivery.account.connection import Connection
from delivery.outcome import MissingError, RefusedError, Status, UnreachableError
from delivery.stack.restrictions import Restrictions, UnknownMark
from operations import commands
from operations.canaries import RunningCanary
from operations.commands import run_command, serve_dashboard, show_status
from operations.dashboard import server
from operations.dashboard.stack_sources import StackSources
from operations.deploys import DeployState
from operations.log_command import LogOptions, show_logs

LOGS = LogOptions(services=(), release=None, since=None, grep=None, follow=False, previous=False)
PROD = {"config": {"slipway:namespace": "todo-app", "slipway:registry": {"name": "acme"}, "slipway:services": {}}}
FROZEN = DeployState(
    restrictions=Restrictions(freeze=UnknownMark(tag="slipway:freeze", value="Black Friday")),
    update=None,
    approvals=None,
)


@pytest.fixture
def status(cluster, monkeypatch):
    """`show_status` of a cluster, and of a stack that is frozen."""

    @contextmanager
    def open_cluster(_):
        yield cluster

    monkeypatch.setattr(commands, "open_cluster", open_cluster)
    monkeypatch.setattr(commands, "read_deploy_state", lambda _: FROZEN)
    return show_status


def test_status_names_services_first_and_then_what_is_on_hold(fake, status, capsys):
    fake.add_deployment()
    fake.add_pod("backend-1")
    report = status("local")
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("✓ backend: ")
    assert second.startswith("! local is frozen by its tag slipway:freeze, which says 'Black Friday'")
    assert report.status == Status.OK
    assert report.facts["deploys"]["freeze"]["value"] == "Black Friday"


def test_status_names_pages_and_canaries(fake, status, monkeypatch, capsys):
    canary = RunningCanary(service="backend", percent=10, tag="b" * 12, live="a" * 40, since=None, is_left=False)
    monkeypatch.setattr(commands, "read_deploy_state", lambda _: replace(FROZEN, canaries=(canary,)))
    fake.add_maintenance("backend", "Back at 14:00.")
    report = status("local")
    said = capsys.readouterr().out
    assert "! backend shows a maintenance page, for " in said
    assert f"! backend: a canary of {'b' * 12} has 10 % of the requests: a deploy is at work, or was killed" in said
    assert report.facts["maintenance"][0]["message"] == "Back at 14:00."
    assert report.facts["deploys"]["canary"]["backend"]["percent"] == 10


def test_status_of_a_service_is_of_that_one_alone(fake, status, capsys):
    fake.add_deployment("backend")
    fake.add_deployment("web", ready=0)
    fake.add_maintenance("web", "Back at 14:00.")
    report = status("local", ["backend"])
    assert (report.status, [each["name"] for each in report.facts["services"]]) == (Status.OK, ["backend"])
    assert "web" not in capsys.readouterr().out
    with pytest.raises(RefusedError, match="local has no service chat; it has backend, web"):
        status("local", ["chat"])


def test_a_release_without_the_service_is_refused(monkeypatch):
    monkeypatch.setattr("operations.release_tags.find_tags", lambda *_: {"web": "b" * 12})
    with pytest.raises(RefusedError, match=r"--release: v1\.4\.0 has no backend; it has web"):
        run_command("local", "backend", "v1.4.0", {}, ["true"])


@pytest.mark.parametrize(
    ("act", "seconds"),
    [
        (lambda: commands.show_environment("prod", "backend"), 600),
        (lambda: show_logs("prod", replace(LOGS, follow=True)), 8 * 3600),
        (lambda: show_logs("prod", LOGS), 600),
        (lambda: commands.execute_in_pod("prod", "backend", None, ["env"], debug=False), 8 * 3600),
        (lambda: run_command("prod", "backend", None, {}, ["env"]), 8 * 3600),
        (lambda: commands.forward("prod", "backend", 0), 8 * 3600),
        (lambda: commands.restart_service("prod", "backend"), 1200),
    ],
    ids=["env", "follow", "logs", "exec", "run", "forward", "restart"],
)
def test_a_credential_ends_soon_after_what_it_is_for(tmp_path, monkeypatch, act, seconds):
    def call(_, method, path, **options):
        if path.endswith("/kubeconfig"):
            asked.append(options["params"]["expiry_seconds"])
            raise UnreachableError("nobody is there")
        return httpx.Response(200, json={"kubernetes_clusters": [{"id": "1", "name": "slipway-prod"}]})

    asked = []
    (tmp_path / "Pulumi.prod.yaml").write_text(yaml.safe_dump(PROD))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "token")
    monkeypatch.setattr(Connection, "call", call)
    with pytest.raises(UnreachableError, match="nobody is there"):
        act()
    assert asked == [seconds]


def test_a_status_page_of_no_stack_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingError, match=r"there is no Pulumi\.prod\.yaml here: go to the root of the checkout"):
        serve_dashboard("prod", 0)


def test_a_status_page_of_no_local_cloud_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path))
    monkeypatch.setenv("SLIPWAY_INSTANCE", "7")
    with pytest.raises(MissingError, match="there is no local cloud: start it with `make up`"):
        serve_dashboard("local", 0)


def test_a_port_that_is_in_use_is_refused(tmp_path):
    sources = StackSources("prod", tmp_path)
    with server.listen(0) as listener, pytest.raises(RefusedError, match="--port: .* take another one"):
        server.serve(sources, listener.getsockname()[1], print)
