"""What a merge will do to what runs: from the base's release to this one under load, and back again.

BASE names the commit to come from; the one before this when it is not set.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time

import httpx
import pytest
import yaml
from cluster.load import Load

from infra.source.release import Release, read_from_release
from localcloud.stack import checkout


@pytest.fixture
def base(cloud, clone, other_release):
    """The base's release, brought up by the base's own program."""
    revision = os.environ.get("BASE") or "HEAD~1"
    sha = Release(revision, folder=checkout()).sha
    clone.git("checkout", "-q", sha)
    done = cloud.up(clone.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return sha


def tag_of(revision):
    release = Release(revision, folder=checkout())
    service = yaml.safe_load(read_from_release(checkout(), release.sha)("backend/service.yaml"))
    return release.of("backend", "backend", service.get("shares", [])).tag


def test_an_upgrade_from_the_base_and_a_rollback_lose_no_request(cloud, base, user):
    todo = user.post("/todos", json={"title": "made by the base"}).json()
    with Load(cloud.url) as load:
        time.sleep(1)
        done = cloud.up(checkout())
        assert done.returncode == 0, done.stdout + done.stderr
        assert httpx.get(f"{cloud.url}/version").json()["sha"] == tag_of("HEAD")
        back_to(cloud, base)
        assert httpx.get(f"{cloud.url}/version").json()["sha"] == tag_of(base)
    print(dict(load.answers))
    assert load.failures == {}
    assert user.get(f"/todos/{todo['id']}").json() == todo


def back_to(cloud, release):
    """By the command that production uses, from `pulumi stack history`, where there is a history."""
    if shutil.which("pulumi") is None:
        done = cloud.up(checkout(), "--release", release)
    else:
        slipway = [sys.executable, "-m", "slipway"]
        options = ["--stack", "local", "--config-file", str(cloud.instance.home / "Pulumi.local.yaml")]
        words = [*slipway, "stack", "rollback", *options, "--to", release, "--url", f"backend={cloud.url}"]
        command = [*slipway, "local", "run", "--", *words]
        done = subprocess.run(command, cwd=checkout(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
