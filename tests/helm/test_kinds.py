"""Each kind of service has its own workload: a Deployment, a CronJob or a Job."""

from __future__ import annotations

import pytest

from operations.pods import find_pods
from tests.fake_cluster import FakeCluster, opened

from .conftest import (
    CHART,
    DIGEST,
    SUPPORTED,
    allows,
    assert_restricted,
    main_pod,
    one,
    pod_templates,
    pods,
    policies,
    validate,
)
from .matrix import CASES, COMMON, KINDS, values_of

IDS = [f"{kind}, {option}" for kind, option in CASES]


@pytest.mark.parametrize(("kind", "option"), CASES, ids=IDS)
def test_every_object_is_one_that_every_supported_kubernetes_knows(helm, kind, option):
    objects = helm.render(**values_of(kind, option))
    for version in SUPPORTED:
        validate(objects, version)


@pytest.mark.parametrize(("kind", "option"), CASES, ids=IDS)
def test_no_two_objects_have_the_same_kind_and_name(helm, kind, option):
    found = [(each["kind"], each["metadata"]["name"]) for each in helm.render(**values_of(kind, option))]
    assert len(found) == len(set(found))


@pytest.mark.parametrize(("kind", "option"), CASES, ids=IDS)
def test_no_pod_may_do_more_than_its_work_and_each_has_a_policy(helm, kind, option):
    objects = helm.render(**values_of(kind, option))
    for name, template in pod_templates(objects):
        assert_restricted(template["spec"])
        assert any(allows(policy, template["metadata"]["labels"]) for policy in policies(objects).values()), name


@pytest.mark.parametrize(("kind", "option"), CASES, ids=IDS)
def test_the_chart_lints(helm, kind, option):
    image = {"image": {"repository": "r/x", "digest": DIGEST}}
    done = helm.run("lint", "--strict", str(CHART), values={**image, **values_of(kind, option)})
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_own_workload_and_no_other(helm, kind):
    workloads = {"web": "Deployment", "worker": "Deployment", "cron": "CronJob", "job": "Job"}
    objects = helm.render_kind(kind)
    found = {each["kind"] for each in objects if each["metadata"]["name"] == "backend"} & {*workloads.values()}
    assert found == {workloads[kind]}


@pytest.mark.parametrize("kind", ["worker", "cron", "job"])
def test_only_a_web_service_has_a_port_and_a_service_object(helm, kind):
    objects = helm.render_kind(kind, route={"host": "todo.example.com"}, **COMMON)
    assert not {"Service", "HTTPRoute"} & {each["kind"] for each in objects}
    container = main_pod(objects)["containers"][0]
    assert "ports" not in container
    assert "lifecycle" not in container  # nobody has to hear of its end before it ends
    assert "PORT" not in {each["name"] for each in container["env"]}
    assert policies(objects)["backend"]["ingress"] == []


def test_a_cron_runs_at_its_times_one_run_at_a_time_and_not_for_ever(helm):
    spec = one(helm.render(kind="cron", cron={"schedule": "30 2 * * *"}), "CronJob")["spec"]
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"]) == ("30 2 * * *", "Etc/UTC", "Forbid")
    run = spec["jobTemplate"]["spec"]
    assert (run["activeDeadlineSeconds"], run["backoffLimit"]) == (3600, 2)
    assert run["template"]["spec"]["restartPolicy"] == "Never"
    spec = one(helm.render_kind("cron", job={"deadlineSeconds": 90, "retries": 0}), "CronJob")["spec"]
    assert (spec["timeZone"], spec["concurrencyPolicy"]) == ("Europe/Berlin", "Replace")
    run = spec["jobTemplate"]["spec"]
    assert (run["activeDeadlineSeconds"], run["backoffLimit"]) == (90, 0)


def test_runs_of_a_cron_have_another_label_than_a_releases_jobs(helm):
    """infra/rollouts/rollout.py leaves them out by this label."""
    templates = dict(pod_templates(helm.render_kind("cron", **COMMON)))
    found = {name: each["metadata"]["labels"].get("app.kubernetes.io/component") for name, each in templates.items()}
    assert found == {"backend": "cron", "backend-migrate": "migration", "backend-test": "test"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_pod_is_found_as_one_of_its_service_and_of_its_release(helm, kind):
    """By `slipway logs` (operations/pods.py): the log of a migration that failed says why it did."""
    templates = dict(pod_templates(helm.render_kind(kind, **COMMON)))
    assert "backend-test" in templates
    fake, tag = FakeCluster(), COMMON["release"]["sha"]
    for name, template in templates.items():
        fake.add_pod(name, labels=template["metadata"]["labels"])
    with opened(fake) as cluster:
        found = find_pods(cluster, ["backend"], {"backend": tag})
    assert {pod.name for pod in found} == templates.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_priority_place_and_annotations(helm, kind):
    where = {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "a", "operator": "Exists"}]}
    values = {"priorityClassName": "high", "podAnnotations": {"example.com/no": "1e3"}, **where}
    objects = helm.render_kind(kind, **values)
    template = dict(pod_templates(objects))["backend"]
    assert template["spec"]["priorityClassName"] == "high"
    assert {key: template["spec"][key] for key in where} == where
    assert template["metadata"]["annotations"]["example.com/no"] == "1e3"


def test_every_pod_is_counted(helm):
    assert [len(list(pods(helm.render_kind(kind, **COMMON)))) for kind in KINDS] == [3, 3, 3, 2]
