"""Pulumi's own engine installs and upgrades Helm releases by Slipway's provider."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import psutil

from .provider_project import SETTINGS, declare_namespace, declare_release


def wait_for_helm(serving_for: int) -> psutil.Process:
    """The helm process below this process, once it runs for as many seconds."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for process in psutil.Process().children(recursive=True):
            try:
                if "upgrade" in process.cmdline() and time.time() - process.create_time() > serving_for:
                    return process
            except psutil.NoSuchProcess:
                continue
        time.sleep(0.2)
    raise AssertionError("no helm runs")


def test_every_change_of_a_release_is_an_update_or_a_replacement(stack, cloud, name):
    stack.resources = {
        "ns": declare_namespace(name),
        "tiny": declare_release(name, values={"text": "one"}, atomic=True),
    }
    stack.up()
    assert stack.preview() == {}
    outputs = stack.state()["tiny"]["outputs"]
    status = {"name": "tiny", "namespace": name, "status": "deployed", "revision": 1, "version": "0.1.0"}
    assert outputs["status"] == status | {"chart": "tiny", "appVersion": "7"}
    assert outputs["resourceNames"] == {"ConfigMap/v1": [f"{name}/tiny"]}

    for change, planned in [
        ({"values": {"text": "two"}}, ("update", {"values.text"})),
        ({"timeout": 61}, ("update", {"timeout"})),
        ({"maxHistory": 3}, ("update", {"maxHistory"})),
        ({"description": "x"}, ("update", {"description"})),
        ({"waitForJobs": True}, ("update", {"waitForJobs"})),
        ({"atomic": False}, ("update", {"atomic"})),
        ({"chart": "./tiny"}, ("update", {"chart"})),
        ({"createNamespace": False}, None),
        ({"name": "other"}, ("replace", {"name"})),
        ({"namespace": "default"}, ("replace", {"namespace"})),
    ]:
        changed = {"values": {"text": "one"}, "atomic": True, **change}
        stack.resources["tiny"] = declare_release(name, changed.pop("name", "tiny"), **changed)
        assert stack.preview() == ({} if planned is None else {"tiny": planned}), change
    stack.resources["tiny"] = declare_release(name, "other", values={"text": "two"}, maxHistory=2)
    stack.up()
    releases = json.loads(cloud.helm("list", "-n", name, "--output=json"))
    assert [(each["name"], each["revision"]) for each in releases] == [("other", "1")]
    assert cloud.do("get", "configmap", "other", "-n", name, "-o", "jsonpath={.data.text}") == "two"


def test_a_change_of_a_release_by_others_is_drift(stack, cloud, name):
    stack.resources = {"ns": declare_namespace(name), "tiny": declare_release(name, values={"text": "one"})}
    stack.up()
    chart = str(stack.folder / "tiny")
    cloud.helm("upgrade", "tiny", chart, "-n", name, "--set=text=other")
    assert stack.preview() == {}
    assert stack.preview("--refresh")["tiny"] == ("update", {"values.text"})
    stack.up("--refresh")
    assert cloud.do("get", "configmap", "tiny", "-n", name, "-o", "jsonpath={.data.text}") == "one"

    cloud.helm("rollback", "tiny", "2", "-n", name)
    stack.refresh()
    assert stack.preview()["tiny"] == ("update", {"values.text"})
    stack.up()
    # Nothing that Pulumi knows of differs, and yet it is not what this stack has made.
    (stack.folder / "tiny/templates/settings.yaml").write_text(SETTINGS + "binaryData: {}\n")
    cloud.helm("upgrade", "tiny", chart, "-n", name, "--set=text=one")
    stack.refresh()
    assert "revision 6 was not made by this stack" in str(stack.state()["tiny"]["initErrors"])
    stack.up()
    assert stack.state()["tiny"]["outputs"]["status"]["revision"] == 7
    assert "initErrors" not in stack.state()["tiny"]

    cloud.helm("uninstall", "tiny", "-n", name, "--wait")
    stack.refresh()
    assert stack.preview() == {"tiny": ("create", set())}


def test_an_existing_release_is_imported_read_or_refused(stack, cloud, name):
    stack.resources = {"ns": declare_namespace(name)}
    stack.up()
    cloud.helm("install", "tiny", str(stack.folder / "tiny"), "-n", name, "--set=text=one")
    stack.resources["tiny"] = declare_release(name, values={"text": "one"})
    assert f"Helm release {name}/tiny exists already; import it" in stack.up(fails=True)
    properties = {"status": None}
    stack.resources["read"] = {
        "type": "kubernetes:helm.sh/v3:Release",
        "properties": properties,
        "id": f"{name}/tiny",
    }
    stack.resources["tiny"] = declare_release(name, values={"text": "one"}, version="0.1.0") | {
        "import": f"{name}/tiny"
    }
    stack.resources["tiny"]["properties"]["timeout"] = 300
    stack.up()
    assert stack.state()["read"]["outputs"]["status"]["revision"] == 1
    assert stack.state()["tiny"]["outputs"]["values"] == {"text": "one"}
    assert stack.preview() == {}


def test_a_failed_atomic_release_leaves_nothing_and_says_why(stack, cloud, name):
    stack.resources = {
        "ns": declare_namespace(name),
        "tiny": declare_release(name, values={"stuck": True}, atomic=True, timeout=4),
    }
    answer = stack.up(fails=True)
    assert f"Helm release {name}/tiny failed" in answer
    assert "context deadline exceeded" in answer
    assert set(stack.state()) == {"ns"}
    assert json.loads(cloud.helm("list", "-n", name, "--output=json")) == []

    stack.resources["tiny"] = declare_release(name, values={"text": "one"}, atomic=True)
    stack.up()
    stack.resources["tiny"] = declare_release(name, values={"stuck": True}, atomic=True, timeout=4)
    stack.up(fails=True)
    assert stack.state()["tiny"]["inputs"]["values"] == {"text": "one"}
    assert cloud.do("get", "deployments", "-n", name) == ""


def test_a_failed_non_atomic_release_is_repaired_by_the_next_update(stack, cloud, name):
    """Until then it stays in the state as failed."""
    stack.resources = {
        "ns": declare_namespace(name),
        "tiny": declare_release(name, values={"stuck": True}, timeout=4),
    }
    stack.up(fails=True)
    assert "context deadline exceeded" in str(stack.state()["tiny"]["initErrors"])
    assert stack.state()["tiny"]["outputs"]["status"]["status"] == "failed"
    stack.refresh()
    assert "revision 1 is failed" in str(stack.state()["tiny"]["initErrors"])
    stack.resources["tiny"] = declare_release(name, values={"stuck": False})
    stack.up()
    assert "initErrors" not in stack.state()["tiny"]


def test_a_release_of_a_run_that_was_killed_is_repaired(stack, cloud, name):
    stack.resources = {"ns": declare_namespace(name), "tiny": declare_release(name, values={"stuck": True})}
    stack.write()
    running = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview"], cwd=stack.folder, env=stack.environment, stdout=subprocess.PIPE
    )
    wait_for_helm(serving_for=2).kill()
    assert running.communicate()[0]
    assert json.loads(cloud.helm("list", "-n", name, "--pending", "--output=json"))[0]["status"] == "pending-install"
    stack.resources["tiny"] = declare_release(name, values={"stuck": False})
    assert "an earlier run left revision 1 'pending-install'" in stack.up()
    assert stack.state()["tiny"]["outputs"]["status"]["status"] == "deployed"


def test_a_release_that_is_missing_from_the_state_is_adopted(stack, cloud, name):
    stack.resources = {"ns": declare_namespace(name), "tiny": declare_release(name, values={"text": "one"})}
    stack.up()
    for urn in (stack.state()["tiny"]["urn"], stack.state()["ns"]["urn"]):
        stack.pulumi("state", "delete", urn, "--yes")
    stack.resources["tiny"] = declare_release(name, values={"text": "two"})
    stack.up()
    assert stack.state()["tiny"]["outputs"]["status"]["revision"] == 2


def test_an_interrupted_update_ends_helm_and_the_provider_continues(stack, cloud, name):
    stack.resources = {
        "ns": declare_namespace(name),
        "tiny": declare_release(name, values={"stuck": True}, timeout=300),
    }
    stack.write()
    running = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview"], cwd=stack.folder, env=stack.environment, stdout=subprocess.PIPE
    )
    helm = wait_for_helm(serving_for=2)
    started = time.monotonic()
    os.kill(running.pid, signal.SIGINT)
    running.communicate()
    assert time.monotonic() - started < 30
    assert not helm.is_running()
    assert "cancelled while helm was at work" in str(stack.state()["tiny"]["initErrors"])
    stack.resources["tiny"] = declare_release(name, values={"stuck": False})
    stack.up()


def test_releases_are_installed_in_parallel(stack, cloud, name):
    names = [f"tiny-{number}" for number in range(6)]
    stack.resources = {"ns": declare_namespace(name)} | {
        each: declare_release(name, each, values={"text": each, "nothing": None}) for each in names
    }
    stack.up()
    assert stack.preview() == {}
    for each in names:
        assert cloud.do("get", "configmap", each, "-n", name, "-o", "jsonpath={.data.text}") == each
