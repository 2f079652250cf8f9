from __future__ import annotations

import json
from pathlib import Path

import pytest
from infra_stacks import settings_of

from infra.components.helm_release import chart_digest


def release(repository, stack="staging", *, service="backend", config=None, **changes):
    """The release of one of the stack's services, alone in it, with these changes to its entry."""
    entry = settings_of(stack)["services"][service]
    recorder = repository.deploy(stack, services={service: {**entry, **changes}}, **(config or {}))
    return next(each for each in recorder.of("v3:Release") if each.name == service).inputs


def test_a_release_is_named_bounded_and_taken_back_when_it_fails(repository):
    inputs = release(repository)
    assert inputs["name"] == "backend"
    assert (inputs["atomic"], inputs["cleanupOnFail"], inputs["waitForJobs"]) == (True, True, True)
    assert inputs["timeout"] == inputs["values"]["progressDeadlineSeconds"] == 600  # a new node takes 3 to 5 minutes
    assert 0 < inputs["maxHistory"] <= 20
    assert not Path(inputs["chart"]).is_absolute()


def test_equal_bounds_are_a_number_of_replicas_and_others_a_range(repository):
    fixed = release(repository, replicas={"min": 3, "max": 3})["values"]
    assert (fixed["replicas"], fixed["autoscaling"]["enabled"]) == (3, False)
    scaled = release(repository, replicas={"min": 3, "max": 9})["values"]["autoscaling"]
    assert scaled == {"enabled": True, "minReplicas": 3, "maxReplicas": 9}


def test_secrets_reach_the_pods_by_reference_and_change_a_checksum(repository):
    def values(token):
        return release(repository, secrets=["TOKEN"], databases=[], config={"secrets.backend.TOKEN": token})["values"]

    one, other = values("the one token"), values("the other token")
    assert one["secretEnvironment"] == ["backend"]
    assert len(one["secretChecksum"]) == 16
    assert one["secretChecksum"] != other["secretChecksum"]
    assert "the one token" not in str(one)


def test_its_databases_secrets_come_before_its_own(repository):
    values = release(
        repository,
        service="chatbot-backend",
        secrets=["TOKEN"],
        config={"secrets.chatbot-backend.TOKEN": "the token"},
    )["values"]
    assert values["secretEnvironment"] == [
        "postgresql-chatbot-backend",
        "valkey-chatbot-backend",
        "qdrant-chatbot-backend",
        "chatbot-backend",
    ]


def test_a_service_without_secrets_and_databases_has_none(repository):
    values = release(repository, secrets=[], databases=[])["values"]
    assert (values["secretEnvironment"], values["secretChecksum"]) == ([], "")


def test_values_have_the_host_storage_migration_and_node_port(repository):
    values = release(repository, host="api.todo.staging.example.com")["values"]
    assert values["route"] == {"host": "api.todo.staging.example.com", "hsts": 300}
    assert values["migration"] == {"enabled": True, "command": ["python", "-m", "app.migrate"]}
    assert values["persistence"] == {"enabled": False}
    local = release(
        repository,
        "local",
        storage={"size": "1Gi", "mountPath": "/data"},
        migrate=None,
        replicas={"min": 1, "max": 1},
    )["values"]
    assert local["route"] == {}
    assert local["migration"] == {"enabled": False}
    assert local["persistence"] == {"enabled": True, "size": "1Gi", "mountPath": "/data"}
    assert local["service"] == {"type": "NodePort", "nodePort": 30080}


def test_its_test_is_the_entrys_or_the_charts_own(repository):
    assert release(repository, test=["wget", "-q"])["values"]["test"] == {"command": ["wget", "-q"]}
    assert "test" not in release(repository, test=None)["values"]


def test_pods_pull_images_with_the_registry_secret_of_doks(repository):
    assert release(repository)["values"]["imagePullSecrets"] == [{"name": "registry-slipway-example"}]
    assert release(repository, "local")["values"]["imagePullSecrets"] == []


def test_a_service_selects_its_node_pool_and_tolerates_its_taints(repository):
    cluster = settings_of("staging")["cluster"]
    cluster["workloadPools"][0]["taints"] = [{"key": "only", "value": "apps", "effect": "NoSchedule"}]
    values = release(repository, pool="apps", config={"cluster": cluster})["values"]
    assert values["nodeSelector"] == {"slipway/pool": "apps"}
    assert values["tolerations"] == [{"key": "only", "operator": "Equal", "value": "apps", "effect": "NoSchedule"}]


def test_a_service_that_names_no_pool_runs_anywhere(repository):
    assert {"nodeSelector", "tolerations"} & set(release(repository, pool=None)["values"]) == set()


@pytest.mark.parametrize("change", ["edit", "add", "remove"])
def test_a_changed_chart_is_a_changed_release(repository, change):
    chart = Path("helm/service")
    before = chart_digest(chart)
    if change == "edit":
        (chart / "values.yaml").write_text("x")
    elif change == "add":
        (chart / "templates/new.yaml").write_text("")
    else:
        (chart / "values.yaml").unlink()
    assert chart_digest(chart) != before


def test_a_file_that_git_ignores_is_no_change_of_a_chart(repository):
    chart = Path("helm/service")
    before = chart_digest(chart)
    (chart / "ignored.pyc").write_text("x")
    assert chart_digest(chart) == before
    repository.git("config", "core.autocrlf", "true")
    (chart / "values.yaml").write_bytes((chart / "values.yaml").read_bytes().replace(b"\n", b"\r\n"))
    assert chart_digest(chart) == before


def test_values_have_the_egress_writable_folders_and_durations(repository):
    values = release(
        repository,
        egress=[587, 9092],
        user=1000,
        writable=["/tmp", "/var/cache"],
        drainSeconds=10,
        stopSeconds=90,
        health={"liveness": "/livez", "readiness": "/readyz", "startupSeconds": 300},
    )["values"]
    assert values["networkPolicy"] == {"extraEgress": [{"ports": [{"port": 587}, {"port": 9092}]}]}
    assert (values["runAsUser"], values["writableDirectories"]) == (1000, ["/tmp", "/var/cache"])
    assert (values["drainSeconds"], values["terminationGracePeriodSeconds"], values["startupSeconds"]) == (
        10,
        90,
        300,
    )


def values_of(repository, **own):
    """The values of a service with this service.yaml and nothing in the stack file."""
    write_service(repository, "backend", own)
    recorder = repository.deploy("staging", services={"backend": {}})
    return next(each for each in recorder.of("v3:Release") if each.name == "backend").inputs["values"]


def write_service(repository, name, own):
    repository.write(f"{name}/Dockerfile", "FROM scratch\n")
    repository.write(f"{name}/service.yaml", json.dumps(own))
    repository.commit()


def test_a_worker_has_replicas_and_no_port(repository):
    values = values_of(repository, kind="worker", replicas={"min": 2, "max": 2})
    assert (values["kind"], values["replicas"]) == ("worker", 2)
    assert values["health"] == {"liveness": "", "readiness": ""}
    assert not {"port", "service", "route", "drainSeconds", "cron", "job"} & set(values)


def test_a_cron_has_its_times_and_a_run_of_an_hour(repository):
    values = values_of(repository, kind="cron", schedule="30 2 * * *", timeZone="Europe/Berlin")
    assert values["cron"] == {"schedule": "30 2 * * *", "timeZone": "Europe/Berlin", "concurrency": "forbid"}
    assert values["job"] == {"deadlineSeconds": 3600, "retries": 2}
    assert not {"port", "service", "route", "replicas", "autoscaling", "health"} & set(values)


def test_a_job_has_as_long_as_its_release_and_runs_again_with_each(repository):
    assert "trigger" not in release(repository)["values"]["release"]
    values = values_of(repository, kind="job", when="after", retries=0)
    assert values["job"] == {"when": "after", "deadlineSeconds": 600, "retries": 0}
    assert values["release"]["trigger"].startswith("backend=")


def test_a_job_runs_before_or_after_everything_else_in_its_release(repository):
    """As the engine has it: a service, and with it its release, depends on the releases before it."""
    for name, when in {"cleanup": "after", "prepare": "before"}.items():
        write_service(repository, name, {"kind": "job", "when": when})
    services = {"backend": settings_of("staging")["services"]["backend"], "cleanup": {}, "prepare": None}
    recorder = repository.deploy("staging", services=services)
    releases = [each.name for each in recorder.of("v3:Release") if each.name in {"backend", "cleanup", "prepare"}]
    assert releases == ["prepare", "backend", "cleanup"]
    depends = {
        name: {urn.rpartition("::")[2] for urn in options.dependencies if "service:Service$" in urn}
        for (kind, name), options in recorder.options.items()
        if kind == "slipway:service:Service"
    }
    assert depends == {"prepare": set(), "backend": {"prepare"}, "cleanup": {"prepare", "backend"}}
    assert list(recorder.outputs["services"][0]) == ["backend", "cleanup", "prepare"]


def test_values_have_the_clients_command_ports_and_pod_settings(repository):
    values = release(
        repository,
        command=["run"],
        args=["--all"],
        ports=[{"name": "metrics", "port": 9090}],
        clients=[],
        priority="high",
        annotations={"example.com/scrape": "true"},
        pod={"hostAliases": []},
        container={"workingDir": "/app"},
        health={"liveness": {"grpc": 50051}, "readiness": None},
        scaling={"memory": 80},
    )["values"]
    assert (values["command"], values["args"]) == (["run"], ["--all"])
    assert values["ports"] == [{"name": "metrics", "port": 9090}]
    assert values["networkPolicy"] == {"clients": []}
    assert (values["priorityClassName"], values["podAnnotations"]) == ("high", {"example.com/scrape": "true"})
    assert (values["pod"], values["container"]) == ({"hostAliases": []}, {"workingDir": "/app"})
    assert values["health"] == {"liveness": {"grpc": 50051}, "readiness": ""}
    assert values["autoscaling"]["targetCPUUtilizationPercentage"] == 0
    assert values["autoscaling"]["targetMemoryUtilizationPercentage"] == 80


def test_what_a_service_does_not_say_is_left_to_the_chart(repository):
    values = release(repository)["values"]
    assert not {"kind", "command", "args", "ports", "pod", "container", "networkPolicy", "podAnnotations"} & set(
        values
    )


@pytest.mark.parametrize("kind", ["web", "worker", "cron", "job"])
def test_the_chart_takes_what_the_program_gives_it(repository, kind):
    """By the chart's own schema, with what is known only later as text."""
    import jsonschema

    changes = {
        "web": {"port": 8000, "health": {"liveness": {"tcp": 8000}, "readiness": None}, "clients": []},
        "worker": {"health": {"liveness": {"command": ["x"]}, "readiness": {"http": "/", "port": 9000}}},
        "cron": {"schedule": "30 2 * * *"},
        "job": {"when": "after"},
    }[kind]
    values = values_of(repository, kind=kind, **changes)
    values["image"]["digest"] = "sha256:" + "a" * 64
    schema = json.loads(Path("helm/service/values.schema.json").read_text())
    jsonschema.validate(values, schema)
