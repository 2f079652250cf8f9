from __future__ import annotations

import pytest

from delivery.outcome import RefusedError
from operations import run_pod
from operations.run_pod import create_pod

POD = "the-run"


@pytest.fixture
def ready(fake, cluster, monkeypatch):
    """A cluster in which the pod of the command runs at once."""
    monkeypatch.setattr(run_pod.secrets, "token_hex", lambda _: "0")
    for service in ("backend", "report"):
        fake.add_pod(f"{service}-run", labels={"batch.kubernetes.io/job-name": f"{service}-run-0"})
    fake.add_deployment("backend", "a" * 12, container={"image": "r:5000/backend@sha256:1", "ports": []})
    fake.add_cron("report", container={"image": "r:5000/report@sha256:1", "args": ["--all"]})
    return cluster


def read_container(fake):
    [job] = fake.objects["jobs"]
    return job["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize("service", ["backend", "report"])
def test_a_command_has_the_image_of_what_runs_also_of_a_cron(fake, ready, service):
    with create_pod(ready, service, {}):
        container = read_container(fake)
    assert (container["image"], container["command"][0]) == (f"r:5000/{service}@sha256:1", "sleep")
    assert "args" not in container


@pytest.mark.parametrize(
    ("tag", "image"), [("b" * 12, f"r:5000/backend:{'b' * 12}"), ("a" * 12, "r:5000/backend@sha256:1")]
)
def test_another_release_has_its_own_image_of_the_same_repository(fake, ready, tag, image):
    with create_pod(ready, "backend", {}, tag):
        assert read_container(fake)["image"] == image
        [job] = fake.objects["jobs"]
        assert job["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/version"] == tag


def test_a_release_whose_image_is_gone_is_refused_at_once(fake, ready):
    waiting = {"reason": "ErrImagePull", "message": "r:5000/backend:b: not found"}
    fake.objects["pods"].clear()
    labels = {"batch.kubernetes.io/job-name": "backend-run-0"}
    fake.add_pod("backend-run", labels=labels, ready=False, state={"waiting": waiting})
    with (
        pytest.raises(
            RefusedError, match="the registry has no image of that release: ErrImagePull: r:5000/backend:b"
        ),
        create_pod(ready, "backend", {}, "b" * 12),
    ):
        pass
