"""A service adds Kubernetes' own settings to its pod and its container."""

from __future__ import annotations

import pytest

from .conftest import main_pod
from .matrix import COMMON, KINDS, values_of


@pytest.mark.parametrize("kind", KINDS)
def test_the_pods_own_settings_are_added_to_the_charts(helm, kind):
    values = values_of(kind, "its own pod")
    before = {key: value for key, value in values.items() if key not in {"pod", "container"}}
    pod, plain = main_pod(helm.render(**values)), main_pod(helm.render(**before))
    assert pod["hostAliases"] == values["pod"]["hostAliases"]
    assert pod["securityContext"] == {**plain["securityContext"], "supplementalGroups": [1_000_000]}
    assert [each["name"] for each in pod["volumes"]] == [*(each["name"] for each in plain["volumes"]), "shared"]
    container, plain_container = pod["containers"][0], plain["containers"][0]
    assert container["volumeMounts"] == [*plain_container["volumeMounts"], *values["container"]["volumeMounts"]]
    assert container["workingDir"] == "/app"
    assert container["securityContext"] == plain_container["securityContext"]
    (beside,) = pod["initContainers"]
    assert beside["args"] == ["\x85\x9f\ufeff", "no"]
    assert beside["securityContext"] == plain_container["securityContext"]


def test_pod_settings_override_the_charts_values_even_with_false(helm):
    container = {"securityContext": {"readOnlyRootFilesystem": False}, "livenessProbe": {"periodSeconds": 30}}
    found = main_pod(helm.render(container=container, pod={"enableServiceLinks": True}))
    assert found["enableServiceLinks"] is True
    security = found["containers"][0]["securityContext"]
    assert security["readOnlyRootFilesystem"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    probe = found["containers"][0]["livenessProbe"]
    assert (probe["periodSeconds"], probe["httpGet"]["path"]) == (30, "/livez")


def test_a_hook_of_ones_own_takes_the_place_of_the_charts(helm):
    own = {"lifecycle": {"preStop": {"exec": {"command": ["drain"]}}}}
    lifecycle = main_pod(helm.render(container=own))["containers"][0]["lifecycle"]
    assert lifecycle == own["lifecycle"]


def test_the_migration_and_the_test_ignore_the_pod_settings(helm):
    objects = helm.render(**values_of("web", "its own pod"), **{key: COMMON[key] for key in ("migration", "test")})
    for name in ("backend-migrate", "backend-test"):
        assert "hostAliases" not in main_pod(objects, name)
