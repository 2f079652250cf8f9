"""The service's chart gives every object its name and labels, and every pod its environment, files and user."""

from __future__ import annotations

import copy

import pytest

from .conftest import CHART, DIGEST, SUPPORTED, assert_restricted, main_pod, one, pods, render_deployment, validate
from .matrix import EVERYTHING, STORED

MATRIX = {
    "minimal": {},
    "everything": EVERYTHING,
    "scaled": {"autoscaling": {"enabled": True}},
    "one": {"replicas": 1},
    "stored": STORED,
    "node port": {"service": {"type": "NodePort", "nodePort": 30080}},
}


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_chart_lints(helm, values):
    image = {"image": {"repository": "r/x", "digest": DIGEST}}
    done = helm.run("lint", "--strict", str(CHART), values={**image, **values})
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("version", SUPPORTED)
@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_every_object_is_one_that_kubernetes_knows(helm, values, version):
    validate(helm.render(**values), version)


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_no_pod_may_do_more_than_its_work(helm, values):
    for pod in pods(helm.render(**values)):
        assert_restricted(pod)
        for container in pod["containers"]:
            assert container["image"] == f"r.example/x/backend@{DIGEST}"


def test_every_pod_of_a_service_runs_where_its_pool_is(helm):
    values = {"migration": {"enabled": True, "command": ["x"]}}
    where = {"nodeSelector": {"slipway/pool": "apps"}, "tolerations": [{"key": "only", "operator": "Exists"}]}
    found = list(pods(helm.render(**values, **where)))
    assert len(found) == 3
    for pod in found:
        assert {key: pod[key] for key in where} == where
    assert not [pod for pod in pods(helm.render(**values)) if {"nodeSelector", "tolerations"} & set(pod)]


def render_template(helm, **changes):
    values = copy.deepcopy(EVERYTHING)
    values["release"] |= changes.pop("release", {})
    return render_deployment(helm, **{**values, **changes})["template"]


def test_changed_settings_and_secrets_replace_the_pods(helm):
    assert render_template(helm) != render_template(helm, environment={"LEVEL": "DEBUG"})
    assert render_template(helm) != render_template(helm, secretChecksum="9")
    assert render_template(helm) != render_template(helm, release={"sha": "aaaaaaaaaaaa"})


def test_what_is_not_the_services_own_does_not_replace_the_pods(helm):
    assert render_template(helm) == render_template(helm, release={"chart": "def"})
    assert render_template(helm) == render_template(helm, replicas=5)


def test_pods_get_the_config_map_and_then_the_secrets_as_environment(helm):
    container = render_deployment(helm, **EVERYTHING)["template"]["spec"]["containers"][0]
    assert container["envFrom"] == [
        {"configMapRef": {"name": "backend"}},
        {"secretRef": {"name": "postgresql-backend"}},
        {"secretRef": {"name": "backend"}},
    ]
    assert render_deployment(helm)["template"]["spec"]["containers"][0]["envFrom"] == [
        {"configMapRef": {"name": "backend"}}
    ]


def test_a_name_of_its_own_is_that_of_everything(helm):
    """So that one release may have several services, whose pods keep apart."""
    assert helm.render(name="backend", **EVERYTHING) == helm.render(**EVERYTHING)
    chat = helm.render(name="chat", **EVERYTHING)
    assert {each["metadata"]["name"] for each in chat} == {
        "chat",
        "chat-migrate",
        "chat-test",
        "chat-jobs",
        "chat-before",
    }
    selector = {"app.kubernetes.io/name": "chat", "app.kubernetes.io/instance": "chat"}
    assert one(chat, "Deployment")["spec"]["selector"]["matchLabels"] == selector
    assert one(chat, "Service")["spec"]["selector"] == selector
    assert main_pod(chat, "chat-test")["containers"][0]["args"] == ["http://chat:80/readyz"]


def test_a_selector_never_changes(helm):
    selector = render_deployment(helm)["selector"]["matchLabels"]
    assert render_deployment(helm, **EVERYTHING)["selector"]["matchLabels"] == selector
    assert set(selector) == {"app.kubernetes.io/name", "app.kubernetes.io/instance"}


def test_everything_carries_stack_and_owner(helm):
    for each in helm.render(**EVERYTHING):
        if "helm.sh/hook" not in each["metadata"].get("annotations", {}):
            labels = each["metadata"]["labels"]
            assert (labels["slipway/stack"], labels["slipway/owner"]) == ("staging", "platform")
            assert labels["app.kubernetes.io/version"] == "3f2a91c4d5e6"


def test_rendering_twice_gives_the_same(helm):
    words = ("template", "backend", str(CHART))
    values = {"image": {"repository": "r/x", "digest": DIGEST}, **EVERYTHING}
    assert helm.run(*words, values=values).stdout == helm.run(*words, values=values).stdout


def test_secrets_are_files_of_the_service_and_of_its_migration(helm):
    for name in ("backend", "backend-migrate"):
        spec = main_pod(helm.render(**EVERYTHING), name)
        mounts = {each["mountPath"]: each for each in spec["containers"][0]["volumeMounts"]}
        mount = mounts["/run/databases/postgresql"]
        (volume,) = (each for each in spec["volumes"] if each["name"] == mount["name"])
        assert mount["readOnly"]
        assert volume["secret"] == {"secretName": "postgresql-ca", "defaultMode": 0o440}


def test_the_user_and_the_writable_folders_are_the_services(helm):
    spec = render_deployment(helm, runAsUser=1000, writableDirectories=["/tmp", "/var/cache"])["template"]["spec"]
    assert {spec["securityContext"][key] for key in ("runAsUser", "runAsGroup", "fsGroup")} == {1000}
    mounts = {mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    assert mounts == {"/tmp", "/var/cache"}
