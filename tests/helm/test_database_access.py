"""Each client of a database has a Secret of its own, and a job gives it its rights in PostgreSQL."""

from __future__ import annotations

import json
import re

import pytest

from .conftest import one, policies
from .database_chart import CLIENTS, ENGINES, EXTERNAL, find_job, find_secrets, render_database

VARIABLES = {
    "postgresql": {"DATABASE_URL": "postgresql://{user}:{client}@postgresql:5432/{user}"},
    "valkey": {"REDIS_URL": "redis://:{own}@valkey:6379/0"},
    "qdrant": {"QDRANT_URL": "http://qdrant:6333", "QDRANT_API_KEY": "{own}"},
}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_password_is_in_secrets_and_nowhere_else(helm, engine):
    objects = render_database(helm, engine)
    own = find_secrets(objects)[engine]
    rest = json.dumps([each for each in objects if each["kind"] != "Secret"])
    for password in own.values():
        assert re.fullmatch(r"[A-Za-z0-9]{32}", password)
        assert password not in rest
    assert len(set(own.values())) == len(own) == 1 + len(CLIENTS)


@pytest.mark.parametrize("engine", ENGINES)
def test_each_client_has_a_secret_with_its_variables(helm, engine):
    found = find_secrets(render_database(helm, engine))
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
        assert list(find_secrets(render_database(helm, engine, clients=[]))) == [engine]


def test_the_databases_own_secret_stays_as_long_as_its_volume(helm):
    for engine in ENGINES:
        (own,) = (each for each in render_database(helm, engine, clients=[]) if each["kind"] == "Secret")
        assert own["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


@pytest.mark.parametrize("engine", ["valkey", "qdrant"])
def test_only_postgresql_has_an_access_job(helm, engine):
    assert find_job(render_database(helm, engine)) is None


def test_the_access_job_runs_after_each_release_on_the_server(helm):
    """It gets no password in its environment."""
    access = find_job(render_database(helm, "postgresql"))
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


def test_the_access_job_may_reach_only_dns_and_the_server(helm):
    for external, port in (({}, "database"), (EXTERNAL, 25060)):
        objects = render_database(helm, "postgresql", **external)
        policy = policies(objects)["postgresql-access"]
        pod = find_job(objects)["spec"]["template"]["metadata"]["labels"]
        assert policy["podSelector"]["matchLabels"].items() <= pod.items()
        assert (policy["policyTypes"], policy["ingress"]) == (["Ingress", "Egress"], [])
        dns, server = policy["egress"]
        assert dns["ports"] == [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
        assert server["ports"][0] == {"port": port}
    (to,) = policies(render_database(helm, "postgresql"))["postgresql-access"]["egress"][1]["to"]
    selector = one(render_database(helm, "postgresql"), "StatefulSet")["spec"]["selector"]
    assert to["podSelector"] == selector


def test_without_clients_there_is_no_access_job(helm):
    assert find_job(render_database(helm, "postgresql", clients=[])) is None


def test_an_external_server_has_only_a_policy_and_an_access_job(helm):
    objects = render_database(helm, "postgresql", **EXTERNAL)
    assert [each["kind"] for each in objects] == ["NetworkPolicy", "Job"]
    access = find_job(objects)
    assert access["metadata"]["annotations"]["helm.sh/hook"] == "post-install,post-upgrade,post-rollback"
    pod = access["spec"]["template"]["spec"]
    assert pod["containers"][0]["env"] == [{"name": "CLIENTS", "value": " ".join(CLIENTS)}]
    assert pod["containers"][0]["envFrom"] == [{"secretRef": {"name": "postgresql-admin"}}]
    mounts = {mount["name"]: mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert mounts["authority"] == "/run/authority"
    assert volumes["authority"]["secret"]["secretName"] == "postgresql-ca"
    assert set(volumes) == {"authority", "scratch"}
