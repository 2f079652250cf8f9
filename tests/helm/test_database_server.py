"""A database in the cluster is one server with a volume, a Service and a network policy."""

from __future__ import annotations

import pytest

from .conftest import one, policies
from .database_chart import CLIENTS, ENGINES, RESOURCES, find_server, read_engine_file, render_database


@pytest.mark.parametrize("engine", ENGINES)
def test_a_claim_of_the_given_size_is_mounted_at_the_engines_path(helm, engine):
    objects = render_database(helm, engine, storage="7Gi")
    (claim,) = one(objects, "StatefulSet")["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "7Gi"
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert "storageClassName" not in claim["spec"]
    mounts = {mount["name"]: mount["mountPath"] for mount in find_server(objects)["containers"][0]["volumeMounts"]}
    assert mounts[claim["metadata"]["name"]] == read_engine_file(engine)["mountPath"]


def test_a_claim_may_name_its_class(helm):
    (claim,) = one(render_database(helm, "valkey", storageClassName="fast"), "StatefulSet")["spec"][
        "volumeClaimTemplates"
    ]
    assert claim["spec"]["storageClassName"] == "fast"


@pytest.mark.parametrize("engine", ENGINES)
def test_one_server_with_probes_is_reachable_by_the_databases_name(helm, engine):
    objects = render_database(helm, engine)
    stateful = one(objects, "StatefulSet")["spec"]
    assert stateful["replicas"] == 1
    container = stateful["template"]["spec"]["containers"][0]
    assert container["readinessProbe"]
    assert container["startupProbe"]["failureThreshold"] >= 60
    service = one(objects, "Service")
    assert service["metadata"]["name"] == engine
    assert service["spec"]["ports"] == [
        {"name": "database", "port": read_engine_file(engine)["port"], "targetPort": "database"}
    ]
    selector = stateful["selector"]["matchLabels"]
    assert service["spec"]["selector"] == selector
    assert selector.items() <= stateful["template"]["metadata"]["labels"].items()
    assert [each["name"] for each in container["ports"]] == ["database"]


@pytest.mark.parametrize("engine", ENGINES)
def test_only_neighbours_reach_a_server_and_it_reaches_nobody(helm, engine):
    policy = policies(render_database(helm, engine))[engine]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"] == [{"from": [{"podSelector": {}}], "ports": [{"port": "database"}]}]
    assert policy["egress"] == []
    selector = one(render_database(helm, engine), "StatefulSet")["spec"]["selector"]
    assert policy["podSelector"] == selector


@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_mounts_its_own_password_and_none_of_the_clients(helm, engine):
    pod = find_server(render_database(helm, engine))
    (volume,) = (volume["secret"] for volume in pod["volumes"] if "secret" in volume)
    assert volume["secretName"] == engine
    assert volume["items"] == [{"key": "password", "path": "password"}]
    assert volume["defaultMode"] == 0o440
    assert "env" not in pod["containers"][0]
    assert "envFrom" not in pod["containers"][0]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_not_the_servers_own_does_not_replace_it(helm, engine):
    def template(**values):
        return one(render_database(helm, engine, **values), "StatefulSet")["spec"]["template"]

    assert template() == template(chart="another")
    assert template() == template(clients=[*CLIENTS, "one-more"])
    assert template() != template(resources=RESOURCES)
