"""The programs and ports of a local cloud, and what it needs to open a stack."""

from __future__ import annotations

import pytest

from localcloud.instance import LARGEST_NUMBER, Instance
from localcloud.machine import docker, registry
from localcloud.pulumi_engine import cli
from localcloud.up_steps import list_steps
from tests.localcloud.conftest import Supervisor


def test_own_docker_runs_only_if_no_other_answers(cloud, monkeypatch):
    assert cloud.daemons()[0].name == "dockerd"
    monkeypatch.setattr(docker, "address", lambda: "unix:///var/run/docker.sock")
    assert "dockerd" not in [daemon.name for daemon in cloud.daemons()]
    cloud.__dict__["supervisor"] = Supervisor({"dockerd": "RUNNING"})
    assert cloud.daemons()[0].name == "dockerd"


def test_every_forwarded_port_is_checked(cloud):
    listening = {
        int(word.split(":")[1].split(",")[0])
        for daemon in cloud.daemons()
        for word in map(str, daemon.command)
        if word.startswith("TCP-LISTEN")
    }
    own = {cloud.instance.api_port, cloud.instance.dashboard_port}
    assert listening | own == set(cloud.ports().values())


def test_the_status_page_is_of_this_instance_and_blocks_no_step(cloud):
    page = next(daemon for daemon in cloud.daemons() if daemon.name == "dashboard")
    assert page.environment["SLIPWAY_INSTANCE"] == str(cloud.instance.number)
    assert page.environment["SLIPWAY_CACHE"] == str(cloud.instance.cache)
    assert str(cloud.instance.dashboard_port) in page.command
    assert [step.name for step in list_steps(cloud) if "start the status page" in step.needs] == []


def test_no_two_instances_share_a_port(cloud):
    numbers = range(LARGEST_NUMBER + 1)
    instances = [Instance(number=number, cache=cloud.instance.cache) for number in numbers]
    others = {
        port
        for each in instances
        for port in (each.registry_port, each.account_registry_port, each.apiserver_port, each.api_port)
    }
    pages = {each.dashboard_port for each in instances}
    assert len(pages) == len(instances)
    assert not pages & others


def test_api_token_is_not_on_the_command_line(cloud):
    api = next(daemon for daemon in cloud.daemons() if daemon.name == "digitalocean-api")
    token = api.environment["DIGITALOCEAN_TOKEN"]
    assert token.startswith("dop_v1_")
    password = registry.credentials(cloud.instance).password
    assert password in api.environment["REGISTRY_URL"]
    assert not [word for word in map(str, api.command) if token in word or password in word]


def test_command_before_the_first_up_names_it(cloud, monkeypatch):
    monkeypatch.setattr(cli, "find", lambda _: None)
    monkeypatch.setattr(docker, "address", lambda: "unix:///x")
    with pytest.raises(cli.MissingCliError, match="run `make up`"):
        _ = cloud.workspace


def test_docker_clients_have_the_registry_login(cloud, monkeypatch):
    monkeypatch.setattr(docker, "address", lambda: "unix:///x")
    assert cloud.engine.environment["DOCKER_CONFIG"] == str(registry.docker_config(cloud.instance))


def test_missing_docker_is_reported(cloud):
    with pytest.raises(docker.DockerError, match="run `make up` again"):
        _ = cloud.engine
