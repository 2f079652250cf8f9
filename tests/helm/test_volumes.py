"""A service's volume is mounted by one pod at a time, and Helm keeps it when the service is uninstalled."""

from __future__ import annotations

import pytest

from .conftest import CHART, DIGEST, one, pod_templates, render_deployment
from .matrix import COMMON, KINDS, STORED


@pytest.mark.parametrize("kind", KINDS)
def test_a_volume_is_the_services_alone(helm, kind):
    objects = helm.render_kind(kind, replicas=1, persistence={"enabled": True}, **COMMON)
    with_it = [name for name, template in pod_templates(objects) if "persistentVolumeClaim" in str(template)]
    assert with_it == ["backend"]


@pytest.mark.parametrize("kind", ["web", "worker"])
def test_a_volume_is_released_before_the_next_pod_mounts_it(helm, kind):
    objects = helm.render_kind(kind, replicas=1, persistence={"enabled": True})
    assert one(objects, "Deployment")["spec"]["strategy"] == {"type": "Recreate"}
    assert "RollingUpdate" in str(one(helm.render_kind(kind), "Deployment")["spec"]["strategy"])


def test_a_service_with_a_volume_is_recreated(helm):
    strategy = render_deployment(helm, **STORED)["strategy"]
    assert strategy == {"type": "Recreate"}


@pytest.mark.parametrize("values", [{"replicas": 2}, {"replicas": 1, "autoscaling": {"enabled": True}}])
def test_a_volume_is_for_one_pod(helm, values):
    image = {"image": {"repository": "r/x", "digest": DIGEST}}
    done = helm.run("template", str(CHART), values={**image, **values, "persistence": {"enabled": True}})
    assert "set replicas to 1 and autoscaling.enabled to false" in done.stderr


def test_data_outlives_an_uninstalled_service(helm):
    claim = one(helm.render(**STORED), "PersistentVolumeClaim")
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
