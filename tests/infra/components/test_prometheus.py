from __future__ import annotations

import json
import re

import pytest
from infra_stacks import settings_of

from infra.components.alert_receivers import list_alertmanager_config
from infra.config.alerts import Alerts
from infra.naming import Naming

SLACK, HOOK, PASSWORD = "https://hooks.slack.example/abc", "https://pager.example/def", "gh-1"
SECRETS = {
    "secrets.alerts.slackUrl": SLACK, "secrets.alerts.webhookUrl": HOOK, "secrets.alerts.mailPassword": PASSWORD,
}  # fmt: skip
MAIL = {"server": "smtp.acme.dev:587", "from": "alerts@acme.dev", "username": "alerts"}
ALL = {"emails": ["a@acme.dev", "b@acme.dev"], "slackChannel": "#alerts", "webhook": True, "mail": MAIL}
NAMING = Naming(project="slipway", stack="prod", owner="us", namespace="todo")


@pytest.fixture
def prod(repository):
    addons = {**settings_of("prod")["addons"], "prometheus": True}
    return repository.deploy("prod", addons=addons, alerts=ALL, **SECRETS)


def values(recorder):
    [release] = [each for each in recorder.of("v3:Release") if each.name == "prometheus"]
    return release.inputs["values"]


def test_prometheus_is_off_unless_the_stack_file_says_otherwise(repository):
    assert "prometheus" not in {each.name for each in repository.deploy("prod").of("v3:Release")}


def test_the_receivers_secrets_are_a_secret_and_nowhere_else(prod):
    [secret] = [each for each in prod.of("v1:Secret") if each.name == "alert-receivers"]
    assert set(secret.inputs["stringData"]) == {"slackUrl", "webhookUrl", "mailPassword"}
    for each in prod.resources:
        for text in (SLACK, HOOK, PASSWORD):
            assert text not in json.dumps(each.clear), each.name
    assert SLACK not in json.dumps(values(prod))


def test_the_pod_has_the_secrets_that_the_configuration_names(prod):
    alertmanager = values(prod)["alertmanager"]
    [mount] = alertmanager["extraSecretMounts"]
    assert mount["secretName"] == "alert-receivers"
    assert f"{mount['mountPath']}/slackUrl" in json.dumps(alertmanager["config"])


def test_every_receiver_that_is_named_hears_of_an_alert():
    [team] = list_alertmanager_config(Alerts.model_validate(ALL), NAMING)["receivers"]
    assert [each["channel"] for each in team["slack_configs"]] == ["#alerts"]
    assert [each["url_file"] for each in team["webhook_configs"]] == ["/run/alerts/webhookUrl"]
    assert [(each["to"], each["smarthost"]) for each in team["email_configs"]] == [
        ("a@acme.dev", "smtp.acme.dev:587"), ("b@acme.dev", "smtp.acme.dev:587"),
    ]  # fmt: skip


def test_a_receiver_that_is_not_named_gets_nothing():
    [team] = list_alertmanager_config(Alerts.model_validate({"slackChannel": "#alerts"}), NAMING)["receivers"]
    assert (team["webhook_configs"], team["email_configs"]) == ([], [])


def test_of_its_namespace_only_prometheus_may_read_the_metrics(prod):
    [policy] = [each for each in prod.of("NetworkPolicy") if each.name == "prometheus-reads-metrics"]
    [rule] = policy.inputs["spec"]["ingress"]
    [peer] = rule["from"]
    assert peer["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}
    assert rule["ports"] == [{"port": "http"}]
    assert policy.inputs["metadata"]["namespace"] == "todo-app"


def test_only_pods_of_the_stack_are_asked_for_metrics(prod):
    jobs = values(prod)["scrapeConfigs"]
    assert {name for name, job in jobs.items() if job.get("enabled", True)} == {
        "kubernetes-nodes", "kubernetes-service-endpoints", "services",
    }  # fmt: skip
    [discovery] = jobs["services"]["kubernetes_sd_configs"]
    assert discovery["namespaces"] == {"names": ["todo-app"]}


def test_every_metric_that_a_rule_reads_is_kept(prod):
    found = values(prod)
    rules = json.dumps(found["serverFiles"]["alerting_rules.yml"])
    kept = [
        job["metric_relabel_configs"][0]["regex"]
        for job in found["scrapeConfigs"].values()
        if job.get("enabled", True)
    ]
    for name in set(re.findall(r"\b(?:kube|kubelet|http)_[a-z_]+(?=\{)", rules)):
        assert any(re.fullmatch(pattern, name) for pattern in kept), name


def test_the_rules_are_those_of_the_stacks_limits(repository):
    addons = {**settings_of("prod")["addons"], "prometheus": True}
    alerts = {"slackChannel": "#alerts", "limits": {"restarts": 9}}
    found = repository.deploy("prod", addons=addons, alerts=alerts, **{"secrets.alerts.slackUrl": SLACK})
    assert ">= 9" in json.dumps(values(found)["serverFiles"]["alerting_rules.yml"])
