from __future__ import annotations

import json

import pytest

from delivery.outcome import RefusedError
from operations.deployment import scale


@pytest.fixture
def commands(fake, capfd):
    """What kubectl was asked for."""
    fake.write()
    return lambda: [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_a_service_with_a_number_of_pods_gets_another(fake, cluster, commands):
    fake.add_deployment()
    scale(cluster, "backend", 3)
    assert commands()[0] == ["scale", "deployment/backend", "--replicas=3"]


@pytest.mark.parametrize(("present", "scaled"), [(2, True), (7, False)])
def test_a_service_that_follows_its_load_gets_another_least_number(fake, cluster, commands, present, scaled):
    fake.add_deployment(wanted=present)
    fake.add_autoscaler(least=2, declared=2)
    scale(cluster, "backend", 5)
    patch, *others = commands()
    assert patch[:2] == ["patch", "horizontalpodautoscaler/backend"]
    assert json.loads(patch[2].removeprefix("--patch=")) == {"spec": {"minReplicas": 5}}
    assert (["scale", "deployment/backend", "--replicas=5"] in others) == scaled


@pytest.mark.parametrize("replicas", [0, 11])
def test_a_least_number_that_its_autoscaler_cannot_have_is_refused(fake, cluster, replicas):
    fake.add_deployment()
    fake.add_autoscaler(least=2, declared=2)
    with pytest.raises(RefusedError, match="backend follows its load, with 10 pods at the most: write 1 to 10"):
        scale(cluster, "backend", replicas)
