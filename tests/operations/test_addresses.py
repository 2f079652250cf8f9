from __future__ import annotations

import dataclasses

import pytest

from delivery.outcome import RefusedError
from localcloud.instance import Instance
from operations.addresses import choose_address, find_addresses

OURS = {"app.kubernetes.io/managed-by": "Helm", "slipway/stack": "prod"}


@pytest.fixture
def prod(fake, cluster):
    for name, host in (("backend", "api.example.com"), ("web", "example.com")):
        labels = {**OURS, "app.kubernetes.io/name": name}
        fake.objects["httproutes"].append(
            {"metadata": {"name": name, "labels": labels}, "spec": {"hostnames": [host]}}
        )
    with dataclasses.replace(cluster, stack="prod") as prod:
        yield prod


def test_a_service_answers_at_the_host_of_its_route(prod):
    assert [(each.service, each.url) for each in find_addresses(prod)] == [
        ("backend", "https://api.example.com"),
        ("web", "https://example.com"),
    ]
    assert choose_address(prod, "web").url == "https://example.com"


def test_on_the_local_cloud_a_service_answers_at_its_node_port(fake, cluster, monkeypatch):
    monkeypatch.setenv("SLIPWAY_INSTANCE", "3")
    metadata = {"name": "backend", "labels": {**OURS, "app.kubernetes.io/name": "backend"}}
    fake.objects["services"].append({"metadata": metadata, "spec": {"ports": [{"port": 80, "nodePort": 30080}]}})
    assert choose_address(cluster, None).url == "http://127.0.0.1:8380"


def test_an_environment_on_the_local_cloud_has_node_ports_too(fake, cluster, monkeypatch, tmp_path):
    monkeypatch.setenv("SLIPWAY_INSTANCE", "3")
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path))
    file = Instance.from_environment().home / "Pulumi.pr-7.yaml"
    file.parent.mkdir(parents=True)
    file.touch()
    metadata = {"name": "backend", "labels": {**OURS, "app.kubernetes.io/name": "backend"}}
    fake.objects["services"].append({"metadata": metadata, "spec": {"ports": [{"port": 80, "nodePort": 31000}]}})
    with dataclasses.replace(cluster, stack="pr-7") as environment:
        assert choose_address(environment, None).url == "http://127.0.0.1:9300"


@pytest.mark.parametrize("service", [None, "chat"])
def test_a_service_has_to_be_named_where_several_have_an_address(prod, service):
    with pytest.raises(RefusedError, match="write --service with one of backend, web"):
        choose_address(prod, service)
