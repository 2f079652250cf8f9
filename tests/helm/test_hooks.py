"""A release runs jobs as Helm hooks: a service's migration, its seed data, its test, and a service that is a job."""

from __future__ import annotations

import pytest

from .conftest import SELECTOR, allows, main_pod, pod_templates, policies
from .matrix import COMMON, EVERYTHING, KINDS


def find_names(objects, kind):
    return [each["metadata"]["name"] for each in objects if each["kind"] == kind]


def find_hook(each):
    return each["metadata"].get("annotations", {}).get("helm.sh/hook", "")


def find_hooks(objects):
    return {each["metadata"]["name"]: find_hook(each) for each in objects if find_hook(each)}


@pytest.mark.parametrize(
    ("when", "hook"), [("before", "pre-install,pre-upgrade"), ("after", "post-install,post-upgrade")]
)
def test_a_job_runs_once_as_a_hook_before_or_after_a_release(helm, when, hook):
    objects = helm.render_kind(
        "job", job={"when": when, "deadlineSeconds": 60, "retries": 1}, test={"command": ["check"]}
    )
    (job,) = (each for each in objects if each["metadata"]["name"] == "backend" and each["kind"] == "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == hook
    assert (job["spec"]["activeDeadlineSeconds"], job["spec"]["backoffLimit"]) == (60, 1)


def test_a_job_needs_nothing_that_a_first_release_has_not_made_yet(helm):
    objects = helm.render_kind("job", **COMMON)
    pod = main_pod(objects)
    assert "serviceAccountName" not in pod
    assert {"name": "LEVEL", "value": "1e3"} in pod["containers"][0]["env"]
    assert pod["containers"][0]["envFrom"] == [{"secretRef": {"name": name}} for name in COMMON["secretEnvironment"]]
    assert find_names(objects, "ConfigMap") == find_names(objects, "ServiceAccount") == []
    assert sorted(find_names(objects, "Job")) == [
        "backend",
        "backend-test",
    ]  # what would migrate before it is a job of its own


@pytest.mark.parametrize("kind", KINDS)
def test_what_runs_before_a_release_may_reach_what_the_service_does(helm, kind):
    """The other policies are not there yet, and the namespace denies what no policy names."""
    objects = helm.render_kind(kind, **(COMMON if kind != "job" else {"job": {"when": "before"}}))
    before = [name for name, hook in find_hooks(objects).items() if "pre-install" in hook]
    (policy,) = (name for name in before if name.endswith("-before"))
    (run,) = set(before) - {policy}
    annotations = {each["metadata"]["name"]: each["metadata"]["annotations"] for each in objects if find_hook(each)}
    assert int(annotations[policy]["helm.sh/hook-weight"]) < int(annotations[run].get("helm.sh/hook-weight", 0))
    assert "hook-succeeded" in annotations[policy]["helm.sh/hook-delete-policy"]
    assert allows(policies(objects)[policy], dict(pod_templates(objects))[run]["metadata"]["labels"])
    assert policies(objects)[policy]["egress"] == policies(objects)["backend"]["egress"]


def test_no_pod_of_a_hook_is_one_that_a_service_leads_to(helm):
    templates = dict(pod_templates(helm.render_kind("web", **COMMON)))
    found = [name for name, each in templates.items() if SELECTOR.items() <= each["metadata"]["labels"].items()]
    assert found == ["backend"]


@pytest.mark.parametrize("kind", ["worker", "cron", "job"])
def test_without_a_test_command_there_is_no_test_to_run(helm, kind):
    assert "backend-test" not in find_hooks(helm.render_kind(kind))


@pytest.mark.parametrize("kind", ["worker", "cron", "job"])
def test_a_test_command_has_the_services_environment(helm, kind):
    objects = helm.render_kind(kind, **COMMON)
    assert find_hooks(objects)["backend-test"] == "test"
    pod = main_pod(objects, "backend-test")
    container = pod["containers"][0]
    assert "args" not in container
    assert {"name": "LEVEL", "value": "1e3"} in container["env"]
    assert {"secretRef": {"name": "backend"}} in container["envFrom"]
    assert "/run/databases/postgresql" in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_a_test_of_a_web_service_has_no_secret(helm):
    container = main_pod(helm.render_kind("web", **COMMON), "backend-test")["containers"][0]
    assert not {"env", "envFrom", "volumeMounts"} & set(container)


@pytest.mark.parametrize(
    ("readiness", "path"),
    [("/readyz?a=1", "/readyz?a=1"), ({"http": "/healthz"}, "/healthz"), ({"tcp": 8000}, "/"), ("", "/")],
)
def test_a_web_services_test_asks_the_readiness_path_or_connects(helm, readiness, path):
    container = main_pod(helm.render(health={"readiness": readiness}), "backend-test")["containers"][0]
    assert container["args"] == [f"http://backend:80{path}"]
    assert ("socket" in container["command"][2]) is (path == "/")


def test_a_test_may_be_another_program_in_an_image_without_python(helm):
    container = main_pod(helm.render(test={"command": ["/bin/wget", "-q"]}), "backend-test")["containers"][0]
    assert (container["command"], container["args"]) == (["/bin/wget", "-q"], ["http://backend:80/readyz"])


def test_a_migration_needs_no_config_map_and_no_service_account(helm):
    """It runs before the rollout that creates them."""
    (job,) = (each for each in helm.render(**EVERYTHING) if each["metadata"]["name"] == "backend-migrate")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "LEVEL", "value": "INFO"} in container["env"]
    assert container["envFrom"] == [{"secretRef": {"name": name}} for name in EVERYTHING["secretEnvironment"]]
    assert job["spec"]["template"]["spec"].get("serviceAccountName") is None


def test_seed_data_comes_after_the_migration_in_the_same_job(helm):
    values = {**EVERYTHING, "seed": {"enabled": True, "command": ["python", "-m", "app.seed"]}}
    (job,) = (each for each in helm.render(**values) if each["metadata"]["name"] == "backend-migrate")
    pod = job["spec"]["template"]["spec"]
    [migrate], [seed] = pod["initContainers"], pod["containers"]
    assert (migrate["name"], seed["name"]) == ("migrate", "seed")
    assert seed["command"] == ["python", "-m", "app.seed"]
    assert {**migrate, "name": "", "command": []} == {**seed, "name": "", "command": []}


def test_seed_data_needs_no_migration(helm):
    objects = helm.render(seed={"enabled": True, "command": ["seed"]})
    (job,) = (each for each in objects if each["metadata"]["name"] == "backend-migrate")
    assert [each["name"] for each in job["spec"]["template"]["spec"]["containers"]] == ["seed"]
    assert "backend-before" in policies(objects)
