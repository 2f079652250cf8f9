"""What each kind of service is in a cluster."""

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
SELECTOR = {"app.kubernetes.io/name": "backend", "app.kubernetes.io/instance": "backend"}
TEST = {"test": {"command": ["check"]}}


def rendered(helm, kind, **values):
    return helm.render(kind=kind, **{**KINDS[kind], **values})


def names(objects, kind):
    return [each["metadata"]["name"] for each in objects if each["kind"] == kind]


def hook_of(each):
    return each["metadata"].get("annotations", {}).get("helm.sh/hook", "")


def hooks(objects):
    return {each["metadata"]["name"]: hook_of(each) for each in objects if hook_of(each)}


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
    objects = rendered(helm, kind)
    found = {each["kind"] for each in objects if each["metadata"]["name"] == "backend"} & {*workloads.values()}
    assert found == {workloads[kind]}


@pytest.mark.parametrize("kind", ["worker", "cron", "job"])
def test_what_answers_nobody_has_no_port_and_nothing_leads_to_it(helm, kind):
    objects = rendered(helm, kind, route={"host": "todo.example.com"}, **COMMON)
    assert not {"Service", "HTTPRoute"} & {each["kind"] for each in objects}
    container = main_pod(objects)["containers"][0]
    assert "ports" not in container
    assert "lifecycle" not in container  # nobody has to hear of its end before it ends
    assert "PORT" not in {each["name"] for each in container["env"]}
    assert policies(objects)["backend"]["ingress"] == []


def test_a_worker_is_replaced_scaled_and_drained_like_a_web_service(helm):
    objects = rendered(helm, "worker", autoscaling={"enabled": True})
    assert one(objects, "Deployment")["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert one(objects, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == "backend"
    assert one(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == SELECTOR


def test_an_annotation_keeps_the_replica_count_of_the_stack_file(helm):
    """`slipway status` says by it what was scaled by hand (operations/status.py)."""
    deployment = one(rendered(helm, "web", replicas=3), "Deployment")
    assert (deployment["spec"]["replicas"], deployment["metadata"]["annotations"]["slipway/replicas"]) == (3, "3")
    objects = rendered(helm, "web", autoscaling={"enabled": True, "minReplicas": 4})
    assert one(objects, "HorizontalPodAutoscaler")["metadata"]["annotations"]["slipway/replicas"] == "4"
    assert "slipway/replicas" not in one(objects, "Deployment")["metadata"]["annotations"]


def test_a_worker_is_asked_for_its_health_only_where_it_says_how(helm):
    container = main_pod(helm.render(kind="worker"))["containers"][0]
    assert not {"startupProbe", "livenessProbe", "readinessProbe"} & set(container)
    container = main_pod(rendered(helm, "worker"))["containers"][0]
    assert container["livenessProbe"]["exec"] == {"command": ["pgrep", "-x", "worker"]}
    assert container["readinessProbe"]["tcpSocket"] == {"port": 9000}


def test_a_cron_runs_at_its_times_one_run_at_a_time_and_not_for_ever(helm):
    spec = one(helm.render(kind="cron", cron={"schedule": "30 2 * * *"}), "CronJob")["spec"]
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"]) == ("30 2 * * *", "Etc/UTC", "Forbid")
    run = spec["jobTemplate"]["spec"]
    assert (run["activeDeadlineSeconds"], run["backoffLimit"]) == (3600, 2)
    assert run["template"]["spec"]["restartPolicy"] == "Never"
    spec = one(rendered(helm, "cron", job={"deadlineSeconds": 90, "retries": 0}), "CronJob")["spec"]
    assert (spec["timeZone"], spec["concurrencyPolicy"]) == ("Europe/Berlin", "Replace")
    run = spec["jobTemplate"]["spec"]
    assert (run["activeDeadlineSeconds"], run["backoffLimit"]) == (90, 0)


def test_a_cron_without_a_schedule_is_refused(helm):
    image = {"image": {"repository": "r/x", "digest": DIGEST}}
    assert "cron.schedule is missing" in helm.run("template", str(CHART), values={**image, "kind": "cron"}).stderr


def test_the_runs_of_a_cron_are_told_from_what_a_release_waits_for(helm):
    """infra/rollouts/rollout.py leaves them out by this label."""
    templates = dict(pod_templates(rendered(helm, "cron", **COMMON)))
    found = {name: each["metadata"]["labels"].get("app.kubernetes.io/component") for name, each in templates.items()}
    assert found == {"backend": "cron", "backend-migrate": "migration", "backend-test": "test"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_pod_is_found_as_one_of_its_service_and_of_its_release(helm, kind):
    """By `slipway logs` (operations/pods.py): the log of a migration that failed says why it did."""
    templates = dict(pod_templates(rendered(helm, kind, **COMMON)))
    assert "backend-test" in templates
    fake, tag = FakeCluster(), COMMON["release"]["sha"]
    for name, template in templates.items():
        fake.add_pod(name, labels=template["metadata"]["labels"])
    with opened(fake) as cluster:
        found = find_pods(cluster, ["backend"], {"backend": tag})
    assert {pod.name for pod in found} == templates.keys()


def test_no_pod_of_a_hook_is_one_that_a_service_leads_to(helm):
    templates = dict(pod_templates(rendered(helm, "web", **COMMON)))
    found = [name for name, each in templates.items() if SELECTOR.items() <= each["metadata"]["labels"].items()]
    assert found == ["backend"]


@pytest.mark.parametrize(
    ("when", "hook"), [("before", "pre-install,pre-upgrade"), ("after", "post-install,post-upgrade")]
)
def test_a_job_runs_once_as_a_hook_before_or_after_a_release(helm, when, hook):
    objects = rendered(helm, "job", job={"when": when, "deadlineSeconds": 60, "retries": 1}, **TEST)
    (job,) = (each for each in objects if each["metadata"]["name"] == "backend" and each["kind"] == "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == hook
    assert (job["spec"]["activeDeadlineSeconds"], job["spec"]["backoffLimit"]) == (60, 1)


def test_a_job_needs_nothing_that_a_first_release_has_not_made_yet(helm):
    objects = rendered(helm, "job", **COMMON)
    pod = main_pod(objects)
    assert "serviceAccountName" not in pod
    assert {"name": "LEVEL", "value": "1e3"} in pod["containers"][0]["env"]
    assert pod["containers"][0]["envFrom"] == [{"secretRef": {"name": name}} for name in COMMON["secretEnvironment"]]
    assert names(objects, "ConfigMap") == names(objects, "ServiceAccount") == []
    assert sorted(names(objects, "Job")) == [
        "backend",
        "backend-test",
    ]  # what would migrate before it is a job of its own


@pytest.mark.parametrize("kind", KINDS)
def test_what_runs_before_a_release_may_reach_what_the_service_does(helm, kind):
    """The other policies are not there yet, and the namespace denies what no policy names."""
    objects = rendered(helm, kind, **(COMMON if kind != "job" else {"job": {"when": "before"}}))
    before = [name for name, hook in hooks(objects).items() if "pre-install" in hook]
    (policy,) = (name for name in before if name.endswith("-before"))
    (run,) = set(before) - {policy}
    annotations = {each["metadata"]["name"]: each["metadata"]["annotations"] for each in objects if hook_of(each)}
    assert int(annotations[policy]["helm.sh/hook-weight"]) < int(annotations[run].get("helm.sh/hook-weight", 0))
    assert "hook-succeeded" in annotations[policy]["helm.sh/hook-delete-policy"]
    assert allows(policies(objects)[policy], dict(pod_templates(objects))[run]["metadata"]["labels"])
    assert policies(objects)[policy]["egress"] == policies(objects)["backend"]["egress"]


@pytest.mark.parametrize("kind", ["worker", "cron", "job"])
def test_without_a_test_command_there_is_no_test_to_run(helm, kind):
    assert "backend-test" not in hooks(rendered(helm, kind))


@pytest.mark.parametrize("kind", ["worker", "cron", "job"])
def test_a_test_command_has_the_services_environment(helm, kind):
    objects = rendered(helm, kind, **COMMON)
    assert hooks(objects)["backend-test"] == "test"
    pod = main_pod(objects, "backend-test")
    container = pod["containers"][0]
    assert "args" not in container
    assert {"name": "LEVEL", "value": "1e3"} in container["env"]
    assert {"secretRef": {"name": "backend"}} in container["envFrom"]
    assert "/run/databases/postgresql" in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_a_test_of_a_web_service_has_no_secret(helm):
    container = main_pod(rendered(helm, "web", **COMMON), "backend-test")["containers"][0]
    assert not {"env", "envFrom", "volumeMounts"} & set(container)


@pytest.mark.parametrize(
    ("readiness", "path"),
    [("/readyz?a=1", "/readyz?a=1"), ({"http": "/healthz"}, "/healthz"), ({"tcp": 8000}, "/"), ("", "/")],
)
def test_a_web_services_test_asks_the_readiness_path_or_connects(helm, readiness, path):
    container = main_pod(helm.render(health={"readiness": readiness}), "backend-test")["containers"][0]
    assert container["args"] == [f"http://backend:80{path}"]
    assert ("socket" in container["command"][2]) is (path == "/")


@pytest.mark.parametrize("kind", KINDS)
def test_a_volume_is_the_services_alone(helm, kind):
    objects = rendered(helm, kind, replicas=1, persistence={"enabled": True}, **COMMON)
    with_it = [name for name, template in pod_templates(objects) if "persistentVolumeClaim" in str(template)]
    assert with_it == ["backend"]


@pytest.mark.parametrize("kind", ["web", "worker"])
def test_a_volume_is_let_go_before_the_next_pod_wants_it(helm, kind):
    objects = rendered(helm, kind, replicas=1, persistence={"enabled": True})
    assert one(objects, "Deployment")["spec"]["strategy"] == {"type": "Recreate"}
    assert "RollingUpdate" in str(one(rendered(helm, kind), "Deployment")["spec"]["strategy"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_priority_place_and_annotations(helm, kind):
    where = {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "a", "operator": "Exists"}]}
    values = {"priorityClassName": "high", "podAnnotations": {"example.com/no": "1e3"}, **where}
    objects = rendered(helm, kind, **values)
    template = dict(pod_templates(objects))["backend"]
    assert template["spec"]["priorityClassName"] == "high"
    assert {key: template["spec"][key] for key in where} == where
    assert template["metadata"]["annotations"]["example.com/no"] == "1e3"


@pytest.mark.parametrize("kind", ["web", "worker"])
def test_several_pods_are_spread_over_nodes_and_zones_and_one_is_not(helm, kind):
    many = [{"replicas": 2}, {"replicas": 1, "autoscaling": {"enabled": True, "minReplicas": 1, "maxReplicas": 2}}]
    for values in many:
        spread = main_pod(rendered(helm, kind, **values))["topologySpreadConstraints"]
        assert [each["topologyKey"] for each in spread] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
        assert {each["whenUnsatisfiable"] for each in spread} == {"ScheduleAnyway"}
        assert all(each["labelSelector"]["matchLabels"] == SELECTOR for each in spread)
    assert "topologySpreadConstraints" not in main_pod(rendered(helm, kind, replicas=1))
    for runs in ("cron", "job"):
        assert "topologySpreadConstraints" not in main_pod(rendered(helm, runs))


def metrics(helm, **autoscaling):
    objects = helm.render(autoscaling={"enabled": True, **autoscaling})
    return one(objects, "HorizontalPodAutoscaler")["spec"]["metrics"]


def test_the_number_of_pods_follows_cpu_memory_or_metrics_of_its_own(helm):
    assert [each["resource"]["name"] for each in metrics(helm)] == ["cpu"]
    both = metrics(helm, targetMemoryUtilizationPercentage=80)
    assert {each["resource"]["name"]: each["resource"]["target"]["averageUtilization"] for each in both} == {
        "cpu": 70, "memory": 80,
    }  # fmt: skip
    memory = metrics(helm, targetCPUUtilizationPercentage=0, targetMemoryUtilizationPercentage=80)
    assert [each["resource"]["name"] for each in memory] == ["memory"]
    own = [
        {"type": "External", "external": {"metric": {"name": "\x85 1e3"}, "target": {"type": "Value", "value": "1"}}}
    ]
    assert metrics(helm, metrics=own) == own


def test_service_container_and_policy_have_the_further_ports_names(helm):
    objects = helm.render(ports=[{"name": "no", "port": 9090}, {"name": "grpc", "port": 50051}])
    container = main_pod(objects)["containers"][0]
    assert {each["name"]: each["containerPort"] for each in container["ports"]} == {
        "http": 8000,
        "no": 9090,
        "grpc": 50051,
    }
    service = one(objects, "Service")["spec"]["ports"]
    assert {each["name"]: (each["port"], each["targetPort"]) for each in service} == {
        "http": (80, "http"), "no": (9090, "no"), "grpc": (50051, "grpc"),
    }  # fmt: skip
    (rule,) = policies(objects)["backend"]["ingress"]
    assert rule["ports"] == [{"port": "http"}, {"port": "no"}, {"port": "grpc"}]


def test_a_node_port_opens_the_services_own_port_alone_to_everyone(helm):
    objects = helm.render(service={"type": "NodePort"}, ports=[{"name": "metrics", "port": 9090}])
    everyone, inside = policies(objects)["backend"]["ingress"]
    assert everyone == {"ports": [{"port": "http"}]}
    assert inside["from"] == [{"podSelector": {}}]


def test_only_clients_and_the_services_own_test_may_call_it(helm):
    def callers(clients):
        objects = helm.render(networkPolicy={"clients": clients}, **TEST)
        (rule,) = policies(objects)["backend"]["ingress"]
        test = dict(pod_templates(objects))["backend-test"]["metadata"]["labels"]
        (peer,) = rule["from"]
        assert allows(peer, test)
        return [name for name in ("chat", "other") if allows(peer, {"app.kubernetes.io/instance": name})]

    assert callers(["chat"]) == ["chat"]
    assert callers([]) == []
    assert callers(None) == ["chat", "other"]


PROBES = {
    "a path": ("/live", {"httpGet": {"path": "/live", "port": "http"}}),
    "a path of another port": ({"http": "/live", "port": 9000}, {"httpGet": {"path": "/live", "port": 9000}}),
    "a port": ({"tcp": 6379}, {"tcpSocket": {"port": 6379}}),
    "gRPC": ({"grpc": 50051}, {"grpc": {"port": 50051}}),
    "a command": ({"command": ["a", "$(X)"]}, {"exec": {"command": ["a", "$$(X)"]}}),
}


@pytest.mark.parametrize(("given", "expected"), PROBES.values(), ids=PROBES)
def test_probes_use_the_given_handler_and_startup_uses_liveness(helm, given, expected):
    container = main_pod(helm.render(health={"liveness": given, "readiness": "/ready"}))["containers"][0]
    (how,) = expected
    assert container["livenessProbe"][how] == container["startupProbe"][how] == expected[how]
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    container = main_pod(helm.render(health={"readiness": given}))["containers"][0]
    assert container["readinessProbe"][how] == expected[how]
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"


def test_no_probe_is_no_probe(helm):
    container = main_pod(helm.render(health={"liveness": ""}))["containers"][0]
    assert {each for each in container if each.endswith("Probe")} == {"readinessProbe"}


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


BAD = {
    "an unknown kind": ({"kind": "daemon"}, "/kind"),
    "a port's name in capitals": ({"ports": [{"name": "Metrics", "port": 9090}]}, "/ports/0/name"),
    "the name of the first port": ({"ports": [{"name": "http", "port": 9090}]}, "/ports/0/name"),
    "two forms of a probe": ({"health": {"liveness": {"tcp": 1, "grpc": 2}}}, "/health/liveness"),
    "six fields": ({"cron": {"schedule": "0 0 * * * *"}}, "/cron/schedule"),
    "an unknown rule": ({"cron": {"concurrency": "queue"}}, "/cron/concurrency"),
    "an unknown moment": ({"job": {"when": "during"}}, "/job/when"),
    "an annotation that is no text": ({"podAnnotations": {"a": 1}}, "/podAnnotations/a"),
    "a pod that is no mapping": ({"pod": []}, "/pod"),
}


@pytest.mark.parametrize(("values", "place"), BAD.values(), ids=BAD)
def test_values_that_cannot_be_are_refused_with_their_place(helm, values, place):
    image = {"image": {"repository": "r/x", "digest": DIGEST}}
    done = helm.run("template", "backend", str(CHART), values={**image, **values})
    assert done.returncode != 0
    assert place in done.stderr, done.stderr


def test_every_pod_is_counted(helm):
    assert [len(list(pods(rendered(helm, kind, **COMMON)))) for kind in KINDS] == [3, 3, 3, 2]
