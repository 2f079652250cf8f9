from __future__ import annotations

from contextlib import contextmanager

import pytest

from delivery.outcome import MissingError, RefusedError, Status
from delivery.stack.restrictions import Restrictions, UnknownMark
from operations import commands
from operations.commands import serve_dashboard, show_status
from operations.dashboard import server
from operations.dashboard.stack_sources import StackSources
from operations.deploys import DeployState

FROZEN = DeployState(
    restrictions=Restrictions(freeze=UnknownMark(tag="slipway:freeze", value="Black Friday")),
    update=None,
    approvals=None,
)


def test_status_names_services_first_and_then_what_is_on_hold(fake, cluster, monkeypatch, capsys):
    @contextmanager
    def open_cluster(_):
        yield cluster

    fake.add_deployment()
    fake.add_pod("backend-1")
    monkeypatch.setattr(commands, "open_cluster", open_cluster)
    monkeypatch.setattr(commands, "read_deploy_state", lambda _: FROZEN)
    report = show_status("local")
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("✓ backend: ")
    assert second.startswith("! local is frozen by its tag slipway:freeze, which says 'Black Friday'")
    assert report.status == Status.OK
    assert report.facts["deploys"]["freeze"]["value"] == "Black Friday"


def test_a_status_page_of_no_stack_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingError, match=r"there is no Pulumi\.prod\.yaml here: go to the root of the checkout"):
        serve_dashboard("prod", 0)


def test_a_port_that_is_in_use_is_refused(tmp_path):
    sources = StackSources("prod", tmp_path)
    with server.listen(0) as listener, pytest.raises(RefusedError, match="--port: .* take another one"):
        server.serve(sources, listener.getsockname()[1], print)
