from __future__ import annotations

import base64
import time

import httpx
import pytest
from infra_stacks import services_of

from delivery.verification.journey import run_journey
from delivery.verification.service_checks import read_service_checks
from delivery.verification.smoke import run_smoke_tests
from infra.config.verification import Journey
from infra.source.release import Release


@pytest.mark.parametrize("name", services_of("local"))
def test_every_service_runs_its_last_commit_and_passes_verification(cloud, name, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", cloud.docker_host)
    service, url = services_of("local")[name], cloud.urls[name]
    wanted = read_service_checks({"slipway:services": {name: service}})[name]
    tag = Release("HEAD").of(name, service["folder"], service.get("shares", [])).tag
    checks = run_smoke_tests(url, wanted.verification, readiness=wanted.readiness, tag=tag)
    assert "version" in [check.name for check in checks]
    if wanted.verification.journey:
        (image,) = cloud.images(name)
        checks.append(run_journey(wanted.verification.journey, image, url))
    assert [check for check in checks if not check.passed] == []


def test_the_journey_of_a_broken_service_fails_in_the_real_image(cloud, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", cloud.docker_host)
    (image,) = cloud.images("backend")
    check = run_journey(Journey(command=["python", "-m", "app.journey"]), image, "http://127.0.0.1:9")
    assert not check.passed
    assert "expected exit status 0, answered 1; its output ended with:\nPOST /users: " in check.detail


def test_pods_run_the_image_by_the_digest_the_registry_holds(cloud):
    sha = httpx.get(f"{cloud.url}/version").json()["sha"]
    manifest = httpx.head(
        f"http://{cloud.instance.registry}/v2/slipway/backend/manifests/{sha}",
        headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"},
        auth=cloud.registry_auth,
    )
    digest = manifest.headers["docker-content-digest"]
    assert cloud.images("backend") == {f"{cloud.instance.registry}/slipway/backend@{digest}"}


def test_the_image_has_an_alias_that_people_can_read(cloud):
    listed = f"http://{cloud.instance.registry}/v2/slipway/backend/tags/list"
    tags = httpx.get(listed, auth=cloud.registry_auth).json()["tags"]
    release = Release("HEAD").of("backend", "backend")
    assert release.alias is None or release.alias in tags


def test_a_session_and_a_todo_survive_the_replacement_of_every_pod(cloud, user):
    todo = user.post("/todos", json={"title": "outlive the pods"}).json()
    assert todo["id"] in [item["id"] for item in user.get("/todos").json()["items"]]
    before = cloud.pod_names()
    cloud.do("delete", "pod", *before)
    deadline = time.monotonic() + 90
    while cloud.pod_names() & before or not all(ready(pod) for pod in cloud.pods()):
        assert time.monotonic() < deadline
        time.sleep(1)
    assert user.get(f"/todos/{todo['id']}").json() == todo
    assert user.delete(f"/todos/{todo['id']}").status_code == 204


def ready(pod):
    conditions = {condition["type"]: condition["status"] for condition in pod["status"].get("conditions", [])}
    return conditions.get("Ready") == "True"


@pytest.mark.parametrize("service", list(services_of("local")))
def test_helms_own_test_reaches_the_service_by_its_name(cloud, service):
    assert "Phase:          Succeeded" in cloud.helm("test", service).replace("\t", " ")


def test_only_the_temporary_folder_of_a_container_is_writable(cloud):
    pod = next(iter(cloud.pod_names()))
    script = "id -u; touch /srv/x 2>&1 || true; touch /tmp/x && echo written; ls /var/run/secrets 2>&1 || true"
    out = cloud.do("exec", pod, "--", "sh", "-c", script)
    assert out.startswith("10001\n")
    assert "Read-only file system" in out
    assert "written" in out
    assert "No such file" in out


def test_the_api_was_asked_for_nothing_it_does_not_have(cloud):
    token = (cloud.instance.home / "token").read_text()
    url = f"http://127.0.0.1:{cloud.instance.api_port}/_emulator/requests"
    requests = httpx.get(url, headers={"Authorization": f"Bearer {token}"}).json()["requests"]
    assert requests
    assert [request for request in requests if request["status"] >= 500] == []


def test_no_secret_is_in_any_log(cloud):
    secrets = [(cloud.instance.home / "token").read_text()]
    for engine in ("postgresql", "valkey", "qdrant"):
        held = cloud.kubectl("get", "secret", engine)["data"]
        secrets += [base64.b64decode(password).decode() for password in held.values()]
    key = (cloud.instance.home / "certificates/admin.key").read_text().splitlines()[1]
    for log in cloud.instance.logs.glob("*.log"):
        text = log.read_text(errors="replace")
        assert not any(secret in text for secret in (*secrets, key)), log
