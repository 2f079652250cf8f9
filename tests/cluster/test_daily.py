"""What a team does every day, on the local cloud: what runs, its logs, and commands in it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid

import pytest
from infra_stacks import services_of

from localcloud.stack import checkout
from tests.cluster.load import Load

FIRST_LINE_SECONDS = 2.0
QUIET_HELP_SECONDS = 0.4  # of `slipway --help` on two cores that do nothing else


def slipway(*words, **options):
    command = [sys.executable, "-m", "slipway", *words]
    return subprocess.run(command, cwd=checkout(), capture_output=True, check=False, **options)


def measure_first_line(*words):
    """Seconds until a command prints its first line."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "slipway", *words]
    with subprocess.Popen(command, cwd=checkout(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline()
        seconds = time.monotonic() - begun
        process.terminate()
    return seconds


def test_status_shows_every_service_and_database_with_its_release(cloud):
    done = slipway("status", "--json", text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    services = {each["name"]: each for each in json.loads(done.stdout)["services"]}
    databases = {name for name, each in services.items() if each["kind"] == "database"}
    assert services.keys() - databases == set(services_of("local"))
    assert databases == {"postgresql", "qdrant", "valkey"}
    assert services["backend"]["ready"] == services["backend"]["wanted"] > 0


@pytest.mark.parametrize("words", [("status",), ("logs", "--service", "backend")], ids=lambda words: words[0])
def test_the_first_line_comes_within_two_seconds(cloud, words):
    """On a machine that is busy with something else, in relation to what the command line itself takes."""
    measure_first_line(*words)  # whatever is read from the disk for the first time
    ratios = [measure_first_line(*words) / measure_first_line("--help") for _ in range(3)]
    assert min(ratios) * QUIET_HELP_SECONDS < FIRST_LINE_SECONDS


def test_a_request_is_found_in_the_logs_as_a_sentence(user):
    request = f"daily-{uuid.uuid4().hex}"
    user.get("/todos", headers={"x-request-id": request}).raise_for_status()
    done = slipway("logs", "--service", "backend", "--since", "5m", "--grep", request, text=True)
    [line] = done.stdout.splitlines()
    assert "INFO" in line
    assert f"request_id={request}" in line


def test_new_lines_come_while_logs_are_followed(user):
    request = f"daily-{uuid.uuid4().hex}"
    command = [sys.executable, "-m", "slipway", "logs", "--service", "backend", "--follow", "--grep", request]
    with subprocess.Popen(command, cwd=checkout(), stdout=subprocess.PIPE, text=True) as process:
        time.sleep(3)
        user.get("/todos", headers={"x-request-id": request}).raise_for_status()
        line = process.stdout.readline()
        process.terminate()
    assert request in line


def test_run_keeps_streams_status_and_the_services_environment(cloud):
    code = "import os, sys; sys.stdout.write(sys.stdin.read()[::-1] + os.environ['DATABASE_URL'][:10]); sys.exit(7)"
    done = slipway("run", "--service", "backend", "--", "python", "-c", code, input=b"\x00\xffabc")
    assert (done.returncode, done.stdout) == (7, b"cba\xff\x00postgresql"), done.stderr
    deadline = time.monotonic() + 60
    while cloud.kubectl("get", "pods", "-l", "app.kubernetes.io/component=run")["items"]:
        assert time.monotonic() < deadline, "the pod is still there"
        time.sleep(1)


def test_an_image_without_a_shell_runs_its_own_commands_in_a_new_pod(cloud):
    done = slipway("run", "--service", "chatbot-frontend", "--", "caddy", "version", text=True)
    assert (done.returncode, done.stdout[:3]) == (0, "v2."), done.stderr


def test_a_command_in_a_running_pod_has_its_status(cloud):
    done = slipway("exec", "--service", "backend", "--", "sh", "-c", "echo here; exit 3", text=True)
    assert (done.returncode, done.stdout) == (3, "here\n"), done.stderr
    assert "local: exec in backend-" in done.stderr


def test_exec_gives_an_image_without_a_shell_an_ephemeral_container(cloud):
    """It sees the files of the image."""
    done = slipway("exec", "--service", "chatbot-frontend", input=b"cat /proc/1/root/srv/index.html; exit 4\n")
    assert (done.returncode, b"<html" in done.stdout) == (4, True), done.stderr
    deadline = time.monotonic() + 30
    while any("running" in state for state in read_ephemeral_states(cloud, "chatbot-frontend")):
        assert time.monotonic() < deadline, "the ephemeral container runs on"
        time.sleep(0.5)


def read_ephemeral_states(cloud, service):
    statuses = [pod["status"].get("ephemeralContainerStatuses", []) for pod in cloud.pods(service)]
    assert any(statuses)
    return [each["state"] for pod in statuses for each in pod]


def test_a_secret_of_the_environment_is_named_and_not_shown(cloud):
    done = slipway("env", "--service", "backend", "--json", text=True)
    variables = {each["name"]: each for each in json.loads(done.stdout)["variables"]}
    assert variables["DATABASE_URL"]["origin"].startswith("Secret ")
    assert variables["DATABASE_URL"]["value"] is None
    assert "postgresql://" not in done.stdout


def test_a_restart_replaces_every_pod_and_no_request_fails(cloud):
    before = cloud.pod_names()
    with Load(cloud.url) as load:
        done = slipway("restart", "--service", "backend", text=True)
    assert done.returncode == 0, done.stderr
    assert before.isdisjoint(cloud.pod_names())
    assert load.failures == {}


def test_a_maintenance_page_answers_except_on_health_paths(cloud, user):
    """It answers until it is removed."""
    done = slipway("maintenance", "on", "--service", "backend", "--message", "Back at <14:00>.", text=True)
    try:
        assert done.returncode == 0, done.stderr
        page = user.get("/todos")
        assert (page.status_code, page.headers["retry-after"]) == (503, "300")
        assert "Back at &lt;14:00&gt;." in page.text
        assert user.get("/readyz").status_code == 200
    finally:
        ended = slipway("maintenance", "off", "--service", "backend", text=True)
    assert ended.returncode == 0, ended.stderr
    assert user.get("/todos").status_code == 200
    left = cloud.kubectl("get", "all,configmaps", "-l", "app.kubernetes.io/component=maintenance")["items"]
    assert [each["kind"] for each in left if "deletionTimestamp" not in each["metadata"]] == []
