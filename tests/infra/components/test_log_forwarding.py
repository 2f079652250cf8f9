from __future__ import annotations

import json

import pytest

from infra.components.log_forwarding import list_output, list_values
from infra.config.alerts import LogDestination
from infra.naming import Naming

NAMING = Naming(project="slipway", stack="prod", owner="us", namespace="todo")
KEY = "dd-key-1"


def output(kind, url, *, token=False):
    return list_output(LogDestination(kind=kind, url=url, token=token), NAMING)


def test_logs_stay_where_they_are_unless_a_destination_is_named(repository):
    assert "fluent-bit" not in {each.name for each in repository.deploy("prod").of("v3:Release")}


def test_the_token_is_a_secret_and_nowhere_else(repository):
    destination = {"kind": "datadog", "url": "https://http-intake.logs.datadoghq.eu", "token": True}
    found = repository.deploy("prod", logs={"forwardTo": destination}, **{"secrets.logs.token": KEY})
    [release] = [each for each in found.of("v3:Release") if each.name == "fluent-bit"]
    [variable] = release.inputs["values"]["env"]
    assert variable["valueFrom"] == {"secretKeyRef": {"name": "log-destination", "key": "LOG_TOKEN"}}
    assert "apikey ${LOG_TOKEN}" in release.inputs["values"]["config"]["outputs"]
    for each in found.resources:
        assert KEY not in json.dumps(each.clear), each.name


def test_only_the_logs_of_the_stacks_namespace_are_read():
    config = list_values(LogDestination(kind="http", url="https://logs.acme.dev/x"), NAMING, "todo", None)["config"]
    assert "Path /var/log/containers/*_todo_*.log" in config["inputs"]
    assert config["filters"].count("[FILTER]") == 2
    assert "Record stack prod" in config["filters"]


@pytest.mark.parametrize(
    ("kind", "url", "expected"),
    [
        ("http", "https://logs.acme.dev/in", {"Name": "http", "Host": "logs.acme.dev", "Port": "443", "URI": "/in", "tls": "On"}),
        ("loki", "http://loki.acme.dev:3100", {"Name": "loki", "Port": "3100", "uri": "/loki/api/v1/push", "tls": "Off"}),
        ("opentelemetry", "https://otel.acme.dev:4318", {"Name": "opentelemetry", "logs_uri": "/v1/logs", "Port": "4318"}),
        ("syslog", "tls://logs.papertrailapp.com:6514", {"Name": "syslog", "Mode": "tcp", "tls": "On", "Port": "6514"}),
        ("syslog", "tcp://10.10.0.9:514", {"Name": "syslog", "Mode": "tcp", "tls": "Off", "Host": "10.10.0.9"}),
    ],
)  # fmt: skip
def test_each_kind_of_destination_has_its_own_output(kind, url, expected):
    found = output(kind, url)
    assert {key: found[key] for key in expected} == expected
    assert "Authorization" not in json.dumps(found)


def test_a_token_is_sent_as_each_kind_takes_it():
    assert output("http", "https://x.dev", token=True)["Header"] == "Authorization Bearer ${LOG_TOKEN}"
    assert output("loki", "https://x.dev", token=True)["bearer_token"] == "${LOG_TOKEN}"
    assert output("opentelemetry", "https://x.dev", token=True)["Header"] == "Authorization Bearer ${LOG_TOKEN}"


def test_undelivered_logs_are_buffered_within_a_limit():
    assert output("http", "https://x.dev")["storage.total_limit_size"] == "200M"


def test_managed_databases_send_theirs_to_a_syslog_server_themselves(repository):
    syslog = {"forwardTo": {"kind": "syslog", "url": "tls://logs.acme.dev:6514"}}
    sinks = repository.deploy("prod", logs=syslog).of("DatabaseLogsinkRsyslog")
    assert {each.inputs["clusterId"] for each in sinks} == {"postgresql-id", "valkey-id"}
    for each in sinks:
        assert (each.inputs["server"], each.inputs["port"], each.inputs["tls"]) == ("logs.acme.dev", 6514, True)
        assert len(each.inputs["name"]) <= 24
    loki = {"forwardTo": {"kind": "loki", "url": "https://logs.acme.dev"}}
    assert repository.deploy("prod", logs=loki).of("DatabaseLogsinkRsyslog") == []
