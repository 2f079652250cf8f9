"""Tags and locks as Pulumi's own CLI writes them."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from localcloud.pulumi_engine import plugins
from localcloud.pulumi_engine.stack_files import read_locks, read_tags

SLOW = "import time\ntime.sleep(1)\n"
DEADLINE_SECONDS = 60


@pytest.fixture
def session(workspace, monkeypatch):
    monkeypatch.setattr(plugins, "PACKAGES", ())  # a program without resources: nothing to attach
    with workspace.session() as session:
        session.create_stack()
        yield session


def test_a_stack_that_was_never_created_has_neither(workspace):
    assert (
        read_tags(workspace.instance, workspace.stack.name),
        read_locks(workspace.instance, workspace.stack.name),
    ) == ({}, [])


def test_a_tag_that_the_cli_sets_is_read(session, workspace):
    session.run("stack", "tag", "set", "slipway:freeze", '{"reason": "x"}')
    assert read_tags(workspace.instance, workspace.stack.name)["slipway:freeze"] == '{"reason": "x"}'


def test_an_update_that_is_at_work_is_seen_until_it_ends(session, workspace, project):
    (project / "__main__.py").write_text(SLOW)
    locks, deadline = [], time.monotonic() + DEADLINE_SECONDS
    with ThreadPoolExecutor() as background:
        update = background.submit(session.run_program, "up", "--yes", "--skip-preview")
        while not locks and not update.done() and time.monotonic() < deadline:
            locks = read_locks(workspace.instance, workspace.stack.name)
            time.sleep(0.01)
        update.result()
    assert [lock.host for lock in locks] == [os.uname().nodename]
    assert read_locks(workspace.instance, workspace.stack.name) == []
