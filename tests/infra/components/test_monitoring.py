from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from infra_stacks import settings_of
from pydo.operations import _operations

URL = "https://hooks.slack.example/the-secret"
KNOWN = set(re.findall(r'"(v1/(?:insights|dbaas)/[a-z_0-9/]+)"', Path(_operations.__file__).read_text()))
EMAILS = settings_of("prod")["alerts"]["emails"]


@pytest.fixture
def prod(repository):
    alerts = {"emails": EMAILS, "slackChannel": "#alerts"}
    services = settings_of("prod")["services"]
    services["backend"]["host"] = "api.todo.example.com"
    return repository.deploy("prod", alerts=alerts, services=services, **{"secrets.alerts.slackUrl": URL})


def test_uptime_checks_probe_each_public_host_from_two_regions(prod):
    targets = {each.inputs["target"]: each.inputs for each in prod.of("UptimeCheck")}
    assert set(targets) == {"https://api.todo.example.com/readyz", "https://todo.example.com/readyz"}
    for inputs in targets.values():
        assert (inputs["type"], len(inputs["regions"])) == ("https", 2)


def test_uptime_alerts_cover_downtime_latency_and_certificate_expiry(prod):
    rules = {
        (each.inputs["type"], each.inputs.get("threshold"), each.inputs["period"])
        for each in prod.of("UptimeAlert")
        if each.inputs["checkId"] == "todo.example.com-id"
    }
    assert rules == {("down_global", None, "2m"), ("ssl_expiry", 14, "1h"), ("latency", 1000, "5m")}


def test_limits_are_data(repository):
    limits = {"certificateDays": 7, "nodeDiskPercent": 70, "databaseDiskPercent": 60, "loadBalancerErrors": 5}
    found = repository.deploy("prod", alerts={"emails": EMAILS, "limits": limits})
    values = {each.name: each.inputs["value"] for each in found.of("MonitorAlert")}
    assert (values["nodes-disk"], values["postgresql-disk"], values["load-balancer-errors"]) == (70, 60, 5)
    assert {each.inputs.get("threshold") for each in found.of("UptimeAlert")} == {None, 7, 1000}


def test_alerts_select_nodes_by_the_tag_of_doks_and_the_rest_by_id(prod):
    def subjects(part):
        found = [each.inputs for each in prod.of("MonitorAlert") if part in each.inputs["type"]]
        return {(*each.get("tags", []), *each.get("entities", [])) for each in found}

    assert subjects("droplet") == {("k8s:cluster-id",)}
    assert subjects("lbaas") == {("ingress-id",)}
    assert subjects("dbaas") == {("postgresql-id",), ("valkey-id",)}


def test_every_alert_is_of_a_published_type_with_a_whole_value(prod):
    """The API keeps a value as a 32-bit float: 99.9 would come back as another number, and be a change each time."""
    for each in prod.of("MonitorAlert"):
        assert each.inputs["type"] in KNOWN
        assert isinstance(each.inputs["value"], int)
        assert each.inputs["window"] in {"5m", "10m", "30m", "1h"}


def test_every_alert_has_every_receiver_and_slacks_url_stays_secret(prod):
    alerts = [each.inputs["alerts"] for each in prod.of("MonitorAlert")]
    alerts += [notification for each in prod.of("UptimeAlert") for notification in each.inputs["notifications"]]
    for receivers in alerts:
        assert receivers == {"emails": EMAILS, "slacks": [{"channel": "#alerts", "url": URL}]}
    for each in prod.resources:
        assert URL not in json.dumps(each.clear), each.name


def test_without_a_receiver_nothing_is_watched(repository):
    recorder = repository.deploy("prod", alerts={"emails": [], "slackChannel": None})
    assert recorder.of("UptimeCheck") == recorder.of("UptimeAlert") == recorder.of("MonitorAlert") == []


def test_a_stack_with_only_a_cluster_has_alerts_only_on_its_nodes(repository):
    """It has no public host, and its databases run in the cluster."""
    recorder = repository.deploy("local", alerts={"emails": EMAILS, "slackChannel": None})
    assert {each.inputs["type"].split("/")[2] for each in recorder.of("MonitorAlert")} == {"droplet"}
    assert recorder.of("UptimeCheck") == []
