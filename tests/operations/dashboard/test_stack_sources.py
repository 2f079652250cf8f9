from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localcloud.instance import Instance
from localcloud.pulumi_engine import cli, workspace
from operations.dashboard.stack_sources import StackSources, enter_local_stack


@pytest.fixture
def entered(tmp_path, monkeypatch):
    """How often the environment of the local stack was read, which takes some time."""
    reads = []

    class Workspace:
        checkpoint = tmp_path

        def __init__(self, *_):
            pass

        def environment(self):
            reads.append(1)
            time.sleep(0.05)
            return {"PULUMI_BACKEND_URL": "file:///local"}

    monkeypatch.setattr(Instance, "from_environment", classmethod(lambda _: Instance(number=7, cache=tmp_path)))
    monkeypatch.setattr(cli, "find", lambda _: object())
    monkeypatch.setattr(workspace, "Workspace", Workspace)
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://example.com")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of another stack")
    enter_local_stack.cache_clear()
    yield reads
    enter_local_stack.cache_clear()


def test_sources_that_are_read_at_once_enter_the_local_stack_once(entered):
    sources = StackSources("local", Path())

    def read(_):
        sources._open()
        return os.environ["PULUMI_BACKEND_URL"], os.environ.get("PULUMI_CONFIG_PASSPHRASE")

    with ThreadPoolExecutor() as readers:
        assert set(readers.map(read, range(3))) == {("file:///local", None)}
    assert entered == [1]
