"""Releases on the running cloud, from a clone that tests commit in."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from cluster.load import Load

BROKEN = '\nraise RuntimeError("this commit cannot start")\n'
# A change of a file, and the services that it touches.
CHANGES = [
    ("chatbot_frontend/public/robots.txt", {"chatbot-frontend"}),
    ("chatbot_backend/app/__init__.py", {"chatbot-backend"}),
    ("backend/chassis/__init__.py", {"backend", "chatbot-backend"}),
]
# Every write; reads and readiness continue.
FAILING = """

def _fail(_: NewTodo) -> None:
    raise RuntimeError("this commit cannot write")


NewTodo.model_dump = _fail
"""

pytestmark = pytest.mark.usefixtures("other_release")
any_release = pytest.mark.usefixtures("any_release")


def test_a_commit_rolls_out_under_load_and_back_and_loses_no_request(cloud, clone):
    old = cloud.version()
    with Load(cloud.url) as load:
        time.sleep(1)
        new = clone.commit("backend/app/__init__.py", "# a change\n")
        done = cloud.up(clone.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"backend            {new} {cloud.url}" in done.stdout
        assert cloud.version() == new
        pods = cloud.pod_names()

        elsewhere = clone.commit("CHANGELOG.md", "- a note\n")
        assert cloud.up(clone.folder).returncode == 0
        assert (cloud.version(), cloud.pod_names()) == (new, pods)
        assert elsewhere != new

        built = cloud.built_images()
        back = cloud.up(clone.folder, "--release", "HEAD~2")
        assert back.returncode == 0, back.stdout + back.stderr
        assert cloud.version() == old
        assert cloud.built_images() == built
    print(dict(load.answers))
    assert load.failures == {}
    assert load.answers.total() > 200
    assert {old, new} <= set(load.versions)


@any_release
def test_a_commit_that_cannot_start_fails_while_the_old_one_serves(cloud, clone):
    """The output has the error of the container."""
    old = cloud.version()
    stack_file = clone.folder / "Pulumi.local.yaml"
    text = stack_file.read_text()
    assert "rolloutSeconds: 300" in text
    stack_file.write_text(text.replace("rolloutSeconds: 300", "rolloutSeconds: 90"))  # all of it is waited for
    clone.commit("backend/app/routes/todos.py", BROKEN)
    with Load(cloud.url, rate=10) as load:
        done = cloud.up(clone.folder)
    assert done.returncode == 1
    assert "CrashLoopBackOff" in done.stderr or "Error: exit code 1" in done.stderr, done.stderr
    assert "RuntimeError: this commit cannot start" in done.stderr, done.stderr
    assert load.failures == {}
    assert cloud.version() == old


def test_a_release_that_answers_500_is_rolled_back_with_its_figures(cloud, clone, user):
    """It is ready all the time. The limits are in its own service.yaml, at the end of `verify`."""
    clone.commit("backend/service.yaml", "  behaviour: {seconds: 10}\n")
    good = cloud.up(clone.folder)
    assert good.returncode == 0, good.stdout + good.stderr
    old = cloud.version()
    clone.commit("backend/app/routes/todos.py", FAILING)
    with Load(cloud.url) as load:
        started = time.monotonic()
        done = cloud.up(clone.folder)
    print(f"{time.monotonic() - started:.0f} s: {dict(load.answers)}")
    assert done.returncode == 6, done.stdout + done.stderr
    assert re.search(r"runs again: backend: [\d.]+% of \d+ requests failed", done.stderr), done.stderr
    assert load.answers["500"] > 0
    assert cloud.version() == old
    assert user.post("/todos", json={"title": "after the rollback"}).status_code == 201


def test_a_commit_rebuilds_and_restarts_only_services_it_changes(cloud, clone):
    def running():
        return {name: (cloud.images(name), cloud.pod_names(name)) for name in cloud.urls}

    before = running()
    for file, changed in CHANGES:
        clone.commit(file, "# a change\n")
        assert cloud.up(clone.folder).returncode == 0, file
        after = running()
        for name in cloud.urls:
            print(f"{name}: {sorted(before[name][1])} {before[name][0]} -> {sorted(after[name][1])} {after[name][0]}")
        assert {name for name in cloud.urls if after[name][0] != before[name][0]} == changed, file
        assert {name for name in cloud.urls if after[name][1] != before[name][1]} == changed, file
        before = after


@any_release
def test_a_release_whose_image_is_gone_is_refused_by_name(cloud, clone):
    tag = clone.commit("backend/app/__init__.py", "# never built\n")
    done = cloud.up(clone.folder, "--release", "HEAD")
    assert done.returncode == 1
    assert f"backend: {cloud.instance.registry}/slipway/backend:{tag}" in done.stderr, done.stderr


@any_release
def test_uncommitted_changes_run_under_a_name_that_says_so(cloud, clone):
    path = clone.folder / "backend/app/__init__.py"
    path.write_text(path.read_text() + "# not committed\n")
    assert cloud.up(clone.folder).returncode == 0
    assert "-dirty-" in cloud.version()


@any_release
def test_a_run_killed_inside_the_upgrade_does_not_block_the_next(cloud, clone):
    new = clone.commit("backend/app/__init__.py", "# to be interrupted\n")
    command = [sys.executable, "-m", "slipway", "local", "up"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with subprocess.Popen(
        command, cwd=clone.folder, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as run:
        wait_for_status(cloud, "pending-upgrade")
        run.send_signal(signal.SIGKILL)
    done = cloud.up(clone.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert cloud.version() == new
    assert "deployed" in cloud.helm("status", "backend")


def wait_for_status(cloud, status):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        secrets = cloud.kubectl("get", "secrets", "-l", "owner=helm,name=backend")["items"]
        if any(secret["metadata"]["labels"]["status"] == status for secret in secrets):
            return
        time.sleep(0.1)
    pytest.fail(f"no revision became {status}")
