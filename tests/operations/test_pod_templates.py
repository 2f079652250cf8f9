from __future__ import annotations

import pytest

from delivery.outcome import RefusedError
from operations.pod_templates import find_pod_template, get_container


def make_job(name, image, labels):
    pod = {"containers": [{"name": name, "image": image}]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {"metadata": {"name": name}, "spec": {"template": template}}


@pytest.fixture
def deployed(fake, cluster):
    fake.add_deployment("backend", container={"image": "r/backend@sha256:1"})
    fake.add_cron("report", container={"image": "r/report@sha256:1"})
    fake.add_helm_release(
        "shop-jobs",
        (make_job("import", "r/import@sha256:1", {"app.kubernetes.io/name": "import"}), ["post-install"]),
        (make_job("backend-migrate", "r/x", {"app.kubernetes.io/component": "migration"}), ["pre-upgrade"]),
        (make_job("import-test", "r/x", {}), ["test"]),
    )
    return cluster


@pytest.mark.parametrize("service", ["backend", "report", "import"])
def test_the_pod_of_a_service_of_every_kind_is_found(deployed, service):
    """Helm deletes the Job of a job that succeeded, but knows what it was."""
    container = get_container(find_pod_template(deployed, service))
    assert (container.name, container.image) == (service, f"r/{service}@sha256:1")


def test_an_unknown_service_is_refused_with_those_of_every_kind(deployed):
    with pytest.raises(RefusedError, match="local has no service 'chat'; it has backend, import, report$"):
        find_pod_template(deployed, "chat")
