"""What a service's kind needs and refuses, and what it may write of its pod itself."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from infra.config.service import Service
from infra.config.service_checks import find_client_problems, find_service_problems

KEY = "slipway:services.backend"
WEB = {
    "name": "backend",
    "folder": "backend",
    "replicas": {"min": 1, "max": 1},
    "health": {},
    "port": 8000,
}
OF_RUNNING = ("replicas", "health")
KINDS = {
    "web": WEB,
    "worker": {**WEB, "kind": "worker", "port": None},
    "cron": {**WEB, "kind": "cron", "port": None, "schedule": "30 2 * * *"},
    "job": {**WEB, "kind": "job", "port": None},
}

pytestmark = pytest.mark.usefixtures("repository")


def service(kind="web", **changes):
    """A service of a kind, without the keys that the kind does not have."""
    values = {key: value for key, value in KINDS[kind].items() if kind in {"web", "worker"} or key not in OF_RUNNING}
    return Service.model_validate({**values, **changes})


def problems(kind="web", version="1.34", rollout=600, **changes):
    return list(find_service_problems(KEY, service(kind, **changes), rollout, version))


@pytest.mark.parametrize("kind", KINDS)
def test_a_service_of_each_kind_is_usable(kind):
    assert problems(kind) == []


STRANGE = [
    ("worker", {"port": 8000}, ".port is 8000, and a worker does not listen on a port; remove it, or write kind: web"),
    ("cron", {"port": 8000}, ".port is 8000, and a cron does not listen on a port; remove it, or write kind: web"),
    ("worker", {"ports": [{"name": "metrics", "port": 9090}]}, ".ports is set, and a worker does not listen"),
    ("worker", {"host": "a.example.com"}, '.host is "a.example.com", and a worker does not listen on a port, so that no host can lead to it'),
    ("job", {"nodePort": 30080}, ".nodePort is 30080, and a job does not listen on a port"),
    ("cron", {"clients": ["chat"]}, ".clients is set, and a cron does not listen on a port, so that nobody calls it"),
    ("worker", {"drainSeconds": 5}, ".drainSeconds is 5, and a worker gets no requests"),
    ("web", {"schedule": "30 2 * * *"}, '.schedule is "30 2 * * *", and a web does not run at times; remove it, or write kind: cron'),
    ("job", {"concurrency": "forbid"}, '.concurrency is "forbid", and a job does not run at times'),
    ("worker", {"timeZone": "Etc/UTC"}, '.timeZone is "Etc/UTC", and a worker does not run at times'),
    ("web", {"deadlineSeconds": 60}, ".deadlineSeconds is 60, and a web does not end by itself; remove it, or write kind: cron or job"),
    ("worker", {"retries": 0}, ".retries is 0, and a worker is restarted whenever it ends"),
    ("cron", {"when": "after"}, '.when is "after", and a cron does not belong to a moment of a release'),
    ("cron", {"replicas": {"min": 1, "max": 2}}, ".replicas is set, and a cron runs in one pod at a time"),
    ("job", {"health": {"liveness": "/livez"}}, ".health is set, and a job is done when its command ends"),
    ("job", {"scaling": {"cpu": 70}}, ".scaling is set, and a job runs in one pod at a time, which ends; remove it, or write kind: web or worker"),
    ("job", {"storage": {"size": "1Gi", "mountPath": "/data"}}, ".storage is set, and a job may run before its volume exists"),
    ("job", {"migrate": ["x"]}, ".migrate is set, and a job runs before or after a release itself"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "changes", "message"), STRANGE, ids=[f"{kind} {[*changes]}" for kind, changes, _ in STRANGE]
)
def test_a_key_that_does_not_fit_the_kind_is_refused_with_the_reason(kind, changes, message):
    (problem,) = problems(kind, **changes)
    assert problem.startswith(KEY + message), problem


BAD = [
    ("web", {"host": "a.example.com", "verify": {"behaviour": {"seconds": 301}, "canary": {"steps": [10, 50], "seconds": 300}}}, ".verify watches a release for 901 s in all (behaviour.seconds and canary.steps x canary.seconds), and the job that deploys has 900 s"),
    ("web", {"port": None}, ".port is null, and the kind is web; write the port that the program listens on"),
    ("cron", {"schedule": None}, ".schedule is null, and the kind is cron; write when it runs"),
    ("cron", {"name": "a" * 53}, ".name has 53 characters, and a CronJob's name has at most 52"),
    ("cron", {"concurrency": "allow", "storage": {"size": "1Gi", "mountPath": "/data"}}, ".concurrency is allow and the service has storage"),
    ("job", {"deadlineSeconds": 601}, ".deadlineSeconds is 601, and a whole release has slipway:rolloutSeconds 600"),
    ("worker", {"health": {"liveness": "/livez"}}, '.health.liveness is "/livez", and a worker has no port that would answer; write the port: {http: /livez, port: 8080}'),
    ("web", {"ports": [{"name": "a", "port": 9000}, {"name": "a", "port": 9001}]}, ".ports: 2 ports have the name a"),
    ("web", {"ports": [{"name": "a", "port": 8000}]}, ".ports: 2 ports have the port 8000; give each its own"),
    ("web", {"scaling": {"cpu": 80}}, ".scaling is set, and replicas has min and max 1"),
    ("web", {"scaling": {}, "replicas": {"min": 1, "max": 2}}, ".scaling says nothing to follow"),
    ("web", {"scaling": {"cpu": 70, "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}]}, "replicas": {"min": 1, "max": 2}}, ".scaling has metrics and cpu; write it among the metrics"),
    ("web", {"scaling": {"metrics": [{"type": "Resource", "resources": {}}]}, "replicas": {"min": 1, "max": 2}}, ".scaling.metrics[0]: Additional properties are not allowed ('resources' was unexpected); see `kubectl explain hpa"),
    ("web", {"annotations": {"checksum/secret": "1"}}, ".annotations.checksum/secret is the chart's own; remove it"),
    ("web", {"pod": {"hostNetwork": True}}, ".pod.hostNetwork is not free to choose: the namespace refuses such pods"),
    ("web", {"pod": {"containers": []}}, ".pod.containers is not free to choose: write container, and further ones as initContainers"),
    ("web", {"pod": {"securityContext": {"runAsUser": 0}}}, ".pod.securityContext.runAsUser is not free to choose: write user"),
    ("web", {"pod": {"dnsPolicy": 5}}, ".pod.dnsPolicy: 5 is not of type 'string', 'null'; see `kubectl explain pod.spec`"),
    ("web", {"pod": {"hostAlias": []}}, ".pod: Additional properties are not allowed ('hostAlias' was unexpected)"),
    ("web", {"pod": {"volumes": [{"name": "data", "emptyDir": {}}]}}, ".pod.volumes[0].name is 'data', which the chart's own volume has"),
    ("web", {"pod": {"volumes": [{"name": "x", "hostPath": {"path": "/"}}]}}, ".pod.volumes[0].hostPath: the namespace refuses such pods"),
    ("web", {"pod": {"initContainers": [{"name": "x", "securityContext": {"privileged": True}}]}}, ".pod.initContainers[0].securityContext.privileged is not free to choose"),
    ("web", {"container": {"env": []}}, ".container.env is not free to choose: write environment, or secrets"),
    ("web", {"container": {"image": "x"}}, ".container.image is not free to choose: it is built from folder"),
    ("web", {"container": {"securityContext": {"privileged": True}}}, ".container.securityContext.privileged is not free to choose"),
    ("web", {"container": {"resources": {"limits": {"memory": "1Gi"}}}}, ".container.resources.limits.memory is not free to choose: write resources.limits.memory of the service"),
    ("web", {"container": {"livenessProbe": {"exec": {"command": ["x"]}}}}, ".container.livenessProbe.exec is not free to choose: write health.liveness"),
    ("web", {"container": {"workingDir": 5}}, ".container.workingDir: 5 is not of type 'string', 'null'; see `kubectl explain pod.spec.containers`"),
    ("web", {"pod": {"volumes": [{"name": "x", "emptyDir": {}}]}, "container": {"volumeMounts": [{"name": "x", "mountPath": "/tmp"}]}}, ".container.volumeMounts[0].mountPath is '/tmp', which the service has already"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes", "message"), BAD, ids=[message[:40] for _, _, message in BAD])
def test_what_cannot_be_is_refused_with_what_to_write(kind, changes, message):
    (problem,) = problems(kind, **changes)
    assert problem.startswith(KEY + message), problem


USABLE = [
    ("worker", {"replicas": {"min": 1, "max": 4}, "scaling": {"memory": 80}}),
    ("worker", {"health": {"liveness": {"command": ["pgrep", "worker"]}, "readiness": None}}),
    ("worker", {"storage": {"size": "1Gi", "mountPath": "/data"}, "migrate": ["migrate"], "databases": ["postgresql"]}),
    ("worker", {"host": None, "nodePort": None, "clients": None}),
    ("cron", {"storage": {"size": "1Gi", "mountPath": "/data"}, "timeZone": "Europe/Berlin", "deadlineSeconds": 86400}),
    ("job", {"when": "after", "deadlineSeconds": 600, "retries": 0, "command": ["x"], "args": ["", "$(X)"]}),
    ("web", {"health": {"liveness": {"grpc": 50051}, "readiness": {"http": "/", "port": 9000}}}),
    ("web", {"clients": [], "priority": "high", "annotations": {"example.com/scrape": "true", "plain": ""}}),
    ("web", {"container": {"resources": {"limits": {"nvidia.com/gpu": "1"}}, "lifecycle": {"preStop": {"exec": {"command": ["x"]}}}}}),
    ("web", {"pod": {"serviceAccountName": "reader", "affinity": {}, "volumes": [{"name": "x", "emptyDir": {}}]}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes"), USABLE, ids=[f"{kind} {[*changes]}" for kind, changes in USABLE])
def test_what_fits_the_kind_is_usable(kind, changes):
    assert problems(kind, **changes) == []


@pytest.mark.parametrize("version", ["1.9", "1.29", "1.33", "1.37", "1.99", "1.100", "2.0"])
def test_a_kubernetes_without_schemas_is_checked_by_the_nearest(version):
    (problem,) = problems(version=version, pod={"no": 1})
    assert "'no' was unexpected" in problem


def test_all_problems_of_a_service_are_found_at_once():
    found = problems("worker", port=1024, schedule="0 0 * * *", pod={"hostPID": True}, container={"tty": 1})
    assert len(found) == 4


PROBES = {
    "no path": ("livez", ("health", "liveness")),
    "a number": (8000, ("health", "liveness")),
    "two forms": ({"tcp": 1, "grpc": 2}, ("health", "liveness")),
    "a port alone": ({"port": 8000}, ("health", "liveness")),
    "no form": ({}, ("health", "liveness")),
    "a port that cannot be": ({"tcp": 70000}, ("health", "liveness", "tcp")),
    "no word": ({"command": []}, ("health", "liveness", "command")),
}


@pytest.mark.parametrize(("given", "place"), PROBES.values(), ids=PROBES)
def test_a_probe_of_another_form_is_refused_at_its_key(given, place):
    with pytest.raises(ValidationError) as caught:
        service(health={"liveness": given, "readiness": "/readyz"})
    (error,) = caught.value.errors()
    assert error["loc"] == place
    if place == ("health", "liveness"):
        assert "a path such as /livez, or one of {http: /livez, port: 8080}, {tcp: 6379}" in error["msg"]


def test_a_path_is_the_short_form_of_a_probe():
    health = service(health={"liveness": "/a", "readiness": {"http": "/a"}}).health
    assert health.liveness == health.readiness


def test_only_a_web_service_has_probes_that_it_does_not_name():
    assert service().liveness.http == "/livez"
    assert service("worker").liveness is None
    assert service(health={"liveness": None}).liveness is None


VALUES = [
    ("schedule", "@daily"), ("schedule", "* * * *"), ("schedule", "0 0 * * * *"), ("schedule", "0 0 30 2 *"), ("schedule", "0 0 * * 7"),
    ("schedule", "61 * * * *"), ("schedule", "0 0 L * *"), ("schedule", "0 0 * * MON#1"), ("timeZone", "Berlin"), ("timeZone", "Local"),
    ("timeZone", "../etc"), ("concurrency", "queue"), ("when", "during"), ("kind", "daemon"), ("retries", 11), ("deadlineSeconds", 5),
    ("priority", "High"), ("annotations", {"a b": "x"}), ("annotations", {"a": 1}), ("ports", [{"name": "http", "port": 9090}]),
    ("ports", [{"name": "a" * 16, "port": 9090}]), ("ports", [{"name": "8080", "port": 9090}]), ("ports", [{"name": "a--b", "port": 9090}]),
    ("ports", [{"name": "a", "port": 80}]), ("scaling", {"cpu": 0}), ("scaling", {"disk": 1}), ("command", "run it"), ("pod", []),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), VALUES, ids=[f"{key} {value}" for key, value in VALUES])
def test_a_value_is_checked_for_its_purpose(key, value):
    with pytest.raises(ValidationError):
        Service.model_validate({**WEB, key: value})


@pytest.mark.parametrize("schedule", ["*/5 * * * *", "0 0 29 2 *", "0 9-17/2 * JAN,jul MON-FRI", "0 0 1,15 * 0"])
def test_a_schedule_of_kubernetes_is_usable(schedule):
    assert problems("cron", schedule=schedule) == []


def test_a_client_is_a_service_of_the_stack():
    services = {"backend": service(clients=["chat", "backend"]), "chat": service(name="chat")}
    assert list(find_client_problems(services)) == []
    (problem,) = find_client_problems({"backend": service(clients=["chat"])})
    assert problem == "slipway:services.backend.clients has chat, which is no service; there are backend"


def test_every_key_of_a_kind_is_a_field_and_says_what_it_is():
    from infra.config.kind_checks import KEYS

    assert set(KEYS) <= set(Service.model_fields)
    mine = list(Service.model_fields)[list(Service.model_fields).index("kind") :]
    assert [name for name in mine if not Service.model_fields[name].description] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pod": {"securityContext": {"seccompProfile": {"type": "Unconfined"}}}}, ".pod.securityContext.seccompProfile is not free to choose: the namespace refuses"),
        ({"container": {"securityContext": {"seLinuxOptions": {"level": "s0"}}}}, ".container.securityContext.seLinuxOptions is not free to choose"),
        ({"pod": {"initContainers": [{"name": "i", "image": "x", "securityContext": {"runAsUser": 0}}]}}, ".pod.initContainers[0].securityContext.runAsUser is not free to choose: write user"),
        ({"pod": {"initContainers": [{"name": "i", "image": "x", "ports": [{"containerPort": 1, "hostPort": 1}]}]}}, ".pod.initContainers[0].ports: hostPort: the namespace refuses"),
        ({"pod": {"volumes": [{"name": "a", "emptyDir": {}}, {"name": "a", "emptyDir": {}}]}}, ".pod.volumes has 'a' twice; give each its own name"),
        ({"container": {"volumeMounts": [{"name": "b", "mountPath": "/b"}]}}, ".container.volumeMounts[0].name is 'b', and pod.volumes has none; add it there"),
    ],
)  # fmt: skip
def test_a_pod_that_the_namespace_or_kubernetes_rejects_is_refused(changes, message):
    (problem,) = problems(**changes)
    assert problem.startswith(KEY + message)
