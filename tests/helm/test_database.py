from __future__ import annotations

import json
import re
import subprocess

import pytest
import yaml

from .conftest import CHARTS, SUPPORTED, allows, assert_restricted, one, pod_templates, pods, policies, validate

CHART = CHARTS / "database"
ENGINES = ("postgresql", "valkey", "qdrant")
CLIENTS = ["backend", "chatbot-backend"]
LABELS = {"slipway/stack": "local", "slipway/owner": "developer"}
EXTERNAL = {"external": {"adminSecret": "postgresql-admin", "authoritySecret": "postgresql-ca"}}
RESOURCES = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}
MATRIX = {
    **{engine: {"engine": engine, "clients": CLIENTS} for engine in ENGINES},
    **{f"{engine} unused": {"engine": engine} for engine in ENGINES},
    "external": {"engine": "postgresql", "clients": CLIENTS, **EXTERNAL},
    "everything": {
        "engine": "postgresql",
        "name": "main",
        "clients": CLIENTS,
        "labels": LABELS,
        "chart": "abc",
        "storage": "20Gi",
        "storageClassName": "fast",
        "resources": RESOURCES,
        "imageRegistry": "r.example/mirror",
        "enabled": True,
        "global": {"a": "b"},
    },
}


def render(helm, engine, **values):
    return helm.objects("database", engine, {"engine": engine, "clients": CLIENTS, **values})


def server(objects):
    return one(objects, "StatefulSet")["spec"]["template"]["spec"]


def secrets(objects):
    return {each["metadata"]["name"]: each["stringData"] for each in objects if each["kind"] == "Secret"}


def job(objects):
    return next((each for each in objects if each["kind"] == "Job"), None)


def engine_file(engine):
    return yaml.safe_load((CHART / f"engines/{engine}.yaml").read_text())


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_chart_lints(helm, values):
    done = helm.run("lint", "--strict", str(CHART), values=values)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("version", SUPPORTED)
@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_every_object_is_one_that_kubernetes_knows(helm, values, version):
    objects = helm.objects("database", "release", values)
    assert objects
    validate(objects, version)


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_no_pod_may_do_more_than_its_work(helm, values):
    found = list(pods(helm.objects("database", "release", values)))
    assert found
    for pod in found:
        assert_restricted(pod)
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["runAsGroup"] > 0
        for container in pod["containers"]:
            assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engines_image_is_of_one_version_and_runs_as_somebody(engine):
    file = engine_file(engine)
    assert re.fullmatch(r"[a-z]+(/[a-z]+)?:v?\d+\.\d+(\.\d+)?(-[a-z]+)?", file["image"])
    assert isinstance(file["user"], int)
    assert file["user"] > 0


@pytest.mark.parametrize("engine", ENGINES)
def test_pods_run_the_engines_image_as_published_or_from_a_mirror(helm, engine):
    image = engine_file(engine)["image"]
    assert {pod["containers"][0]["image"] for pod in pods(render(helm, engine))} == {image}
    for pod in pods(render(helm, engine, imageRegistry="r.example/mirror")):
        assert pod["containers"][0]["image"] == f"r.example/mirror/{image}"


@pytest.mark.parametrize("engine", ENGINES)
def test_scripts_are_such_that_a_shell_can_read_them(helm, engine):
    for pod in pods(render(helm, engine)):
        shell, option, script = pod["containers"][0]["command"]
        assert (shell, option) == ("sh", "-c")
        done = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_claim_of_the_given_size_is_mounted_at_the_engines_path(helm, engine):
    objects = render(helm, engine, storage="7Gi")
    (claim,) = one(objects, "StatefulSet")["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "7Gi"
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert "storageClassName" not in claim["spec"]
    mounts = {mount["name"]: mount["mountPath"] for mount in server(objects)["containers"][0]["volumeMounts"]}
    assert mounts[claim["metadata"]["name"]] == engine_file(engine)["mountPath"]


def test_a_claim_may_name_its_class(helm):
    (claim,) = one(render(helm, "valkey", storageClassName="fast"), "StatefulSet")["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "fast"


@pytest.mark.parametrize("engine", ENGINES)
def test_one_server_with_probes_is_reachable_by_the_databases_name(helm, engine):
    objects = render(helm, engine)
    stateful = one(objects, "StatefulSet")["spec"]
    assert stateful["replicas"] == 1
    container = stateful["template"]["spec"]["containers"][0]
    assert container["readinessProbe"]
    assert container["startupProbe"]["failureThreshold"] >= 60
    service = one(objects, "Service")
    assert service["metadata"]["name"] == engine
    assert service["spec"]["ports"] == [
        {"name": "database", "port": engine_file(engine)["port"], "targetPort": "database"}
    ]
    selector = stateful["selector"]["matchLabels"]
    assert service["spec"]["selector"] == selector
    assert selector.items() <= stateful["template"]["metadata"]["labels"].items()
    assert [each["name"] for each in container["ports"]] == ["database"]


@pytest.mark.parametrize("engine", ENGINES)
def test_only_neighbours_reach_a_server_and_it_reaches_nobody(helm, engine):
    policy = policies(render(helm, engine))[engine]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"] == [{"from": [{"podSelector": {}}], "ports": [{"port": "database"}]}]
    assert policy["egress"] == []
    selector = one(render(helm, engine), "StatefulSet")["spec"]["selector"]
    assert policy["podSelector"] == selector


def test_the_access_job_may_reach_only_dns_and_the_server(helm):
    for external, port in (({}, "database"), (EXTERNAL, 25060)):
        objects = render(helm, "postgresql", **external)
        policy = policies(objects)["postgresql-access"]
        pod = job(objects)["spec"]["template"]["metadata"]["labels"]
        assert policy["podSelector"]["matchLabels"].items() <= pod.items()
        assert (policy["policyTypes"], policy["ingress"]) == (["Ingress", "Egress"], [])
        dns, server = policy["egress"]
        assert dns["ports"] == [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
        assert server["ports"][0] == {"port": port}
    (to,) = policies(render(helm, "postgresql"))["postgresql-access"]["egress"][1]["to"]
    selector = one(render(helm, "postgresql"), "StatefulSet")["spec"]["selector"]
    assert to["podSelector"] == selector


@pytest.mark.parametrize("engine", ENGINES)
def test_every_pod_of_a_database_has_a_policy(helm, engine):
    objects = render(helm, engine)
    for name, template in pod_templates(objects):
        assert any(allows(policy, template["metadata"]["labels"]) for policy in policies(objects).values()), name


@pytest.mark.parametrize("engine", ENGINES)
def test_a_password_is_in_secrets_and_nowhere_else(helm, engine):
    objects = render(helm, engine)
    own = secrets(objects)[engine]
    rest = json.dumps([each for each in objects if each["kind"] != "Secret"])
    for password in own.values():
        assert re.fullmatch(r"[A-Za-z0-9]{32}", password)
        assert password not in rest
    assert len(set(own.values())) == len(own) == 1 + len(CLIENTS)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_mounts_its_own_password_and_none_of_the_clients(helm, engine):
    pod = server(render(helm, engine))
    (volume,) = (volume["secret"] for volume in pod["volumes"] if "secret" in volume)
    assert volume["secretName"] == engine
    assert volume["items"] == [{"key": "password", "path": "password"}]
    assert volume["defaultMode"] == 0o440
    assert "env" not in pod["containers"][0]
    assert "envFrom" not in pod["containers"][0]


VARIABLES = {
    "postgresql": {"DATABASE_URL": "postgresql://{user}:{client}@postgresql:5432/{user}"},
    "valkey": {"REDIS_URL": "redis://:{own}@valkey:6379/0"},
    "qdrant": {"QDRANT_URL": "http://qdrant:6333", "QDRANT_API_KEY": "{own}"},
}


@pytest.mark.parametrize("engine", ENGINES)
def test_each_client_has_a_secret_with_what_it_has_to_know(helm, engine):
    found = secrets(render(helm, engine))
    own = found.pop(engine)
    assert set(found) == {f"{engine}-{client}" for client in CLIENTS}
    for client in CLIENTS:
        known = {"user": client.replace("-", "_"), "client": own[f"client.{client}"], "own": own["password"]}
        wanted = {variable: form.format(**known) for variable, form in VARIABLES[engine].items()}
        assert found[f"{engine}-{client}"] == wanted


def test_a_stack_file_may_not_set_the_variables_of_a_database(helm):
    from infra.config.checks import VARIABLES as REFUSED

    assert {engine: list(forms) for engine, forms in VARIABLES.items()} == REFUSED


def test_a_database_without_clients_has_its_own_secret_alone(helm):
    for engine in ENGINES:
        assert list(secrets(render(helm, engine, clients=[]))) == [engine]


def test_the_databases_own_secret_stays_as_long_as_its_volume(helm):
    for engine in ENGINES:
        (own,) = (each for each in render(helm, engine, clients=[]) if each["kind"] == "Secret")
        assert own["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


@pytest.mark.parametrize("engine", ["valkey", "qdrant"])
def test_only_postgresql_has_users_and_rights_to_see_to(helm, engine):
    assert job(render(helm, engine)) is None


def test_the_access_job_runs_after_each_release_on_the_server(helm):
    """It gets no password in its environment."""
    access = job(render(helm, "postgresql"))
    assert access["metadata"]["annotations"]["helm.sh/hook"] == "post-install,post-upgrade,post-rollback"
    assert 0 < access["spec"]["activeDeadlineSeconds"] < 300
    container = access["spec"]["template"]["spec"]["containers"][0]
    assert "envFrom" not in container
    assert container["env"] == [
        {"name": "CLIENTS", "value": " ".join(CLIENTS)},
        {"name": "PGHOST", "value": "postgresql"},
        {"name": "PGUSER", "value": "postgres"},
        {"name": "PGDATABASE", "value": "postgres"},
    ]


def test_without_clients_there_is_nothing_to_see_to(helm):
    assert job(render(helm, "postgresql", clients=[])) is None


def test_of_a_server_elsewhere_there_are_only_the_clients_rights(helm):
    objects = render(helm, "postgresql", **EXTERNAL)
    assert [each["kind"] for each in objects] == ["NetworkPolicy", "Job"]
    access = job(objects)
    assert access["metadata"]["annotations"]["helm.sh/hook"] == "post-install,post-upgrade,post-rollback"
    pod = access["spec"]["template"]["spec"]
    assert pod["containers"][0]["env"] == [{"name": "CLIENTS", "value": " ".join(CLIENTS)}]
    assert pod["containers"][0]["envFrom"] == [{"secretRef": {"name": "postgresql-admin"}}]
    mounts = {mount["name"]: mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert mounts["authority"] == "/run/authority"
    assert volumes["authority"]["secret"]["secretName"] == "postgresql-ca"
    assert set(volumes) == {"authority", "scratch"}


@pytest.mark.parametrize("engine", ENGINES)
def test_everything_carries_stack_and_owner(helm, engine):
    for each in render(helm, engine, labels=LABELS):
        assert LABELS.items() <= each["metadata"]["labels"].items()


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_not_the_servers_own_does_not_replace_it(helm, engine):
    def template(**values):
        return one(render(helm, engine, **values), "StatefulSet")["spec"]["template"]

    assert template() == template(chart="another")
    assert template() == template(clients=[*CLIENTS, "one-more"])
    assert template() != template(resources=RESOURCES)


def test_a_name_of_its_own_is_that_of_everything(helm):
    objects = render(helm, "valkey", name="cache")
    assert {each["metadata"]["name"] for each in objects} == {"cache", *(f"cache-{client}" for client in CLIENTS)}
    assert secrets(objects)["cache-backend"]["REDIS_URL"].endswith("@cache:6379/0")


BAD = {
    "no engine": ({"engine": ""}, "/engine"),
    "an unknown engine": ({"engine": "mysql"}, "/engine"),
    "an unknown key": ({"replicas": 2}, "replicas"),
    "an unknown key inside": ({"external": {"secret": "x"}}, "secret"),
    "clients that are no list": ({"clients": "backend"}, "/clients"),
    "a client twice": ({"clients": ["a", "a"]}, "/clients"),
    "an odd client": ({"clients": ["a'; DROP"]}, "/clients/0"),
    "an odd name": ({"name": "Main_1"}, "/name"),
    "a size without a unit": ({"storage": "20"}, "/storage"),
    "a label that is no text": ({"labels": {"a": 1}}, "/labels/a"),
    "resources without limits": ({"resources": {"limits": None}}, "/resources"),
}


@pytest.mark.parametrize(("values", "place"), BAD.values(), ids=BAD)
def test_values_that_cannot_be_are_refused_with_their_place(helm, values, place):
    done = helm.run("template", "x", str(CHART), values={"engine": "valkey", **values})
    assert done.returncode != 0
    assert place in done.stderr, done.stderr
