from __future__ import annotations

import json
import sys

import pytest

from tests.delivery.served import end_all
from tests.fake_cluster import FakeCluster, opened

# What `kubectl logs POD --container NAME …` prints is in a file by these names; anything else is an error.
KUBECTL = """
import json, os, sys
world = json.load(open(os.environ["FAKE_KUBECTL"]))
words = sys.argv[3:]
if words[0] != "logs":
    print(json.dumps(words))
    sys.exit(world["status"])
key = "/".join([words[1], words[3]] + (["previous"] if "--previous" in words else []))
if key in world["problems"]:
    sys.exit(world["problems"][key])
if key not in world["logs"]:
    sys.exit(f"Error from server (BadRequest): container {key} is waiting to start")
print(world["logs"][key], end="")
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    made = FakeCluster()
    script, world, program = tmp_path / "kubectl.py", tmp_path / "kubectl.json", tmp_path / "bin/kubectl"
    program.parent.mkdir()
    script.write_text(KUBECTL)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {script} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setenv("FAKE_KUBECTL", str(world))
    made.write = lambda: world.write_text(
        json.dumps({key: getattr(made, key) for key in ("logs", "problems", "status")})
    )
    return made


@pytest.fixture
def cluster(fake):
    with opened(fake) as cluster:
        yield cluster


@pytest.fixture(scope="session", autouse=True)
def servers():
    yield
    end_all()
