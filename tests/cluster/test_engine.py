"""Pulumi's own engine on the running cloud: history, rollback, previews, drift, and updates that are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from localcloud.stack import checkout

other_release = pytest.mark.usefixtures("other_release")
any_release = pytest.mark.usefixtures("any_release")


def pulumi(cloud, folder, *words):
    return cloud.localcloud(folder, "run", "--", "pulumi", *words)


def preview(cloud, folder, *words):
    """What a preview would do, by operation; `same` left out."""
    plan = json.loads(pulumi(cloud, folder, "preview", "--json", *words))
    return {name: count for name, count in plan["changeSummary"].items() if name != "same"}


def changed(cloud, folder):
    """What a preview would do to each resource, by the last word of its type, and its name: `Release::backend`."""
    steps = json.loads(pulumi(cloud, folder, "preview", "--json"))["steps"]
    operations = {}
    for step in steps:
        *_, kind, name = step["urn"].split("::")
        if step["op"] != "same":
            operations[f"{kind.split(':')[-1]}::{name}"] = step["op"]
    return operations


def history(cloud, folder):
    return json.loads(pulumi(cloud, folder, "stack", "history", "--json", "--full-dates"))


@any_release
@other_release
def test_three_deploys_and_a_rollback_are_the_history_of_the_stack(cloud, clone):
    """A plain `up` afterwards builds nothing."""
    assert cloud.up(checkout()).returncode == 0
    tags = []
    for number in range(2):
        clone.commit("helm/service/templates/deployment.yaml", f"# the chart of change {number}\n")
        tags.append(clone.commit("backend/app/__init__.py", f"# change {number}\n"))
        assert cloud.up(clone.folder).returncode == 0, number
    built, digests = cloud.built_images(), cloud.images("backend")
    assert "# the chart of change 1" in cloud.helm("get", "manifest", "backend")

    print(cloud.localcloud(clone.folder, "rollback", "--to", "previous"))
    assert cloud.version() == tags[0]
    assert "# the chart of change 1" not in cloud.helm("get", "manifest", "backend")
    print(cloud.localcloud(clone.folder, "history"))
    messages = [update["message"] for update in history(cloud, clone.folder)[:4]]
    assert messages == [f"roll back to {tags[0]}", "deploy HEAD", "deploy HEAD", "deploy HEAD"]

    done = cloud.up(clone.folder)  # by hand, at the release that was rolled back from
    assert done.returncode == 0, done.stdout + done.stderr
    assert (cloud.version(), cloud.images("backend")) == (tags[1], digests)
    assert cloud.built_images() == built
    assert preview(cloud, clone.folder) == {}


@any_release
@other_release
def test_previous_and_what_up_printed_go_back_to_a_release(cloud, clone):
    first = cloud.localcloud(checkout(), "up").split("release ")[1][:12]
    tag = clone.commit("backend/app/__init__.py", "# a change\n")
    assert cloud.up(clone.folder).returncode == 0
    assert cloud.version() == tag
    assert f"release {first} is live" in cloud.localcloud(clone.folder, "up", "--release", "previous")
    assert f"release {tag}" in cloud.localcloud(clone.folder, "up", "--release", tag)
    assert f"release {first} is live" in cloud.localcloud(clone.folder, "up", "--release", first)


@any_release
@other_release
def test_an_unbuilt_release_is_built_from_its_commit_on_request(cloud, clone):
    tag = clone.commit("backend/app/__init__.py", "# never deployed\n")
    clone.commit("backend/app/__init__.py", "# on top of it\n")
    refused = cloud.up(clone.folder, "--release", tag)
    assert refused.returncode == 1
    assert f"{tag} was never built here. These releases ran here: " in refused.stderr, refused.stderr
    assert f"`make up RELEASE={tag} BUILD=1`" in refused.stderr
    assert cloud.up(clone.folder, "--release", tag, "--build").returncode == 0
    assert cloud.version() == tag


def test_a_preview_names_a_commits_changes_and_none_of_what_runs(cloud, clone):
    assert "unchanged" in cloud.localcloud(checkout(), "preview")
    assert preview(cloud, checkout()) == {}
    clone.commit("backend/app/__init__.py", "# a change\n")
    before = cloud.pod_names()
    changes = changed(cloud, clone.folder)
    # The state has the image, or not: the release that ran before was built, or read from the registry.
    assert changes["Release::backend"] == "update"
    assert {changes[f"Image::backend-image{part}"] for part in ("", "-alias")} <= {"create", "update"}
    assert len(changes) == 3, changes
    assert cloud.pod_names() == before


@other_release
def test_a_manual_change_is_drift_that_an_up_with_refresh_repairs(cloud):
    cloud.helm("upgrade", "backend", str(checkout() / "helm/service"), "--reuse-values", "--set", "replicas=1")
    assert preview(cloud, checkout(), "--refresh")["update"] == 1
    pulumi(cloud, checkout(), "up", "--yes", "--skip-preview", "--refresh")
    assert len(cloud.pods()) == 2
    assert preview(cloud, checkout(), "--refresh") == {}


@any_release
@other_release
def test_a_killed_update_is_finished_by_the_next_one(cloud, clone):
    new = clone.commit("backend/app/__init__.py", "# to be killed\n")
    command = [sys.executable, "-m", "slipway", "local", "up"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    state = cloud.instance.home / "pulumi/.pulumi/stacks/slipway/local.json"
    with subprocess.Popen(
        command, cwd=clone.folder, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as run:
        wait_until(lambda: any(urn.endswith("Release::backend") for urn in pending(state)))
        for process in [*psutil.Process(run.pid).children(recursive=True), run]:
            process.send_signal(signal.SIGKILL)
    left = pending(state)
    assert left
    done = cloud.up(clone.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    for urn in left:
        assert f"cleared a pending operation: {left[urn]} {urn}" in done.stdout, done.stdout
    assert cloud.version() == new
    assert pending(state) == {}
    assert preview(cloud, clone.folder) == {}


def pending(state):
    """Operations that the state has as begun: kind by URN."""
    try:
        latest = json.loads(state.read_text())["checkpoint"]["latest"]
    except ValueError:
        return {}  # being written
    return {each["resource"]["urn"]: each["type"] for each in latest.get("pending_operations") or []}


def wait_until(holds):
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
