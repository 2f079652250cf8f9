from __future__ import annotations

import re
from pathlib import Path

import pytest
from infra_stacks import config_of

from infra.config.preview_environment import PreviewEnvironment, derive_configuration, list_hosts, parse_number
from infra.config.service_file import read_from
from infra.config.settings import SettingsError, validate_config

ROOT = Path(__file__).parents[3]
SERVICES: dict[str, dict[str, object]] = {"backend": {}, "chatbot-backend": {}, "chatbot-frontend": {}}
DIGEST = "sha256:" + "5" * 64


def derive(stack="staging", services=None, **changes):
    config = {**config_of(stack), **changes}
    environment = PreviewEnvironment(number=7, stack=stack, release="HEAD")
    return derive_configuration(config, environment, read_from(ROOT), services)


def settings_of(stack="staging", **changes):
    return validate_config(derive(stack, **changes), checkout=ROOT)


@pytest.mark.parametrize("stack", ["staging", "local"])
def test_an_environment_of_each_stack_is_usable(stack):
    settings = settings_of(stack)
    assert settings.namespace == "pr-7"
    assert settings.pull_request.stack == stack
    assert not settings.protect
    assert not settings.registry.owned


def test_databases_are_small_ones_in_the_cluster():
    databases = settings_of().databases
    assert [database.engine for database in databases] == ["postgresql", "valkey", "qdrant"]
    assert all(database.managed is None and database.in_cluster.storage == "1Gi" for database in databases)


def test_only_engines_that_a_service_uses_are_there():
    found = [each["engine"] for each in derive(services={"backend": {}})["slipway:databases"]]
    assert found == ["postgresql", "valkey"]


def test_each_service_has_one_pod_and_none_scales():
    assert {(each.replicas.min, each.replicas.max) for each in settings_of().services.values()} == {(1, 1)}


def test_hosts_are_below_the_zone():
    hosts = {"backend": "api.todo.staging.example.com", "chatbot-frontend": "todo.staging.example.com"}
    services = {name: {"host": hosts.get(name)} for name in SERVICES}
    found = validate_config(derive(services=services), checkout=ROOT).services
    assert {name: each.host for name, each in found.items() if each.host} == {
        "backend": "pr-7-api.todo.staging.example.com",
        "chatbot-frontend": "pr-7.todo.staging.example.com",
    }


def test_the_first_service_has_the_short_host_if_none_is_at_the_zone():
    assert list_hosts("pr-7", "acme.dev", {"api": "api.acme.dev", "docs": "docs.acme.dev"}) == {
        "api": "pr-7.acme.dev",
        "docs": "pr-7-docs.acme.dev",
    }


@pytest.mark.parametrize("host", ["a.b.todo.staging.example.com", "www.example.com"])
def test_a_host_that_the_zones_certificate_does_not_cover_is_refused(host):
    services = {"chatbot-frontend": {"host": "todo.staging.example.com"}, "backend": {"host": host}}
    with pytest.raises(
        SettingsError, match=r"'pr-7-.* does not cover: it is for todo\.staging\.example\.com and \*\."
    ):
        validate_config(derive(services=services), checkout=ROOT)


def test_nothing_secret_and_nobody_who_is_alerted_comes_along():
    derived = derive(**{"slipway:secrets.backend.KEY": {"secure": "v1:x"}, "slipway:newKey": "secret"})
    assert not [key for key in derived if ".secrets" in key or "alerts" in key or "newKey" in key]
    assert "v1:x" not in str(derived)


def test_a_preview_environment_drops_the_url_of_another_environment():
    services = {"chatbot-frontend": {"host": "todo.staging.example.com", "url": "https://todo.staging.example.com"}}
    derived = derive(services=services)["slipway:services"]["chatbot-frontend"]
    assert derived["host"] == "pr-7.todo.staging.example.com"
    assert "url" not in derived


@pytest.mark.parametrize(("name", "number"), [("pr-7", 7), ("pr-07", None), ("pr-", None), ("staging", None)])
def test_a_name_has_its_pull_request(name, number):
    assert parse_number(name) == number


HOSTILE = {"egress": [80, 9093, 10250], "priority": "system-cluster-critical"}


def test_a_pull_request_opens_no_egress_port_and_sets_no_priority():
    backend = settings_of(**{"slipway:services": {**SERVICES, "backend": HOSTILE}}).services["backend"]
    assert (backend.egress, backend.priority) == ([], None)


@pytest.mark.parametrize(
    ("service", "place"),
    [
        ({"pod": {"volumes": [{"name": "x", "secret": {"secretName": "registry-acme"}}]}}, "pod.volumes[0].secret"),
        (
            {"pod": {"initContainers": [{"name": "x", "image": "x", "envFrom": [{"secretRef": {"name": "y"}}]}]}},
            "pod.initContainers[0].envFrom[0].secretRef",
        ),
        (
            {"pod": {"volumes": [{"name": "x", "projected": {"sources": [{"secret": {"name": "y"}}]}}]}},
            "pod.volumes[0].projected.sources[0].secret",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_pod_of_a_pull_request_reads_no_secret_but_its_own(service, place):
    with pytest.raises(SettingsError, match=re.escape(f"slipway:services.backend.{place} reads a Secret")):
        settings_of(**{"slipway:services": {**SERVICES, "backend": service}})
