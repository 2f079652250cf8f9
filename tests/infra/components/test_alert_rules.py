"""The rules, run by Prometheus' own promtool on series of samples."""

from __future__ import annotations

import subprocess

import pytest
import yaml
from bare import packages

from infra.components.alert_rules import list_rule_groups
from infra.config.alerts import AlertLimits

RULES = list_rule_groups(AlertLimits(), "todo")
RESTARTS = 'kube_pod_container_status_restarts_total{namespace="todo",pod="backend-1",container="backend"}'
UNAVAILABLE = 'kube_deployment_status_replicas_unavailable{namespace="todo",deployment="backend"}'
USED = 'kubelet_volume_stats_used_bytes{namespace="todo",persistentvolumeclaim="qdrant"}'
CAPACITY = 'kubelet_volume_stats_capacity_bytes{namespace="todo",persistentvolumeclaim="qdrant"}'


def requests(status, samples, service="backend", route="/todos"):
    labels = f'job="services",service="{service}",method="GET",route="{route}",status="{status}"'
    return {f"http_requests_total{{{labels}}}": samples}


def seconds(samples, route="/todos"):
    labels = f'job="services",service="backend",method="GET",route="{route}"'
    return {f'http_request_seconds_bucket{{{labels},le="{bound}"}}': values for bound, values in samples.items()}


@pytest.fixture
def firing(tmp_path):
    """The alerts that fire at a minute, by name, with their summaries, where these series were seen."""

    def find(series, minute):
        (tmp_path / "rules.yml").write_text(yaml.safe_dump(RULES))
        alerts = [rule["alert"] for group in RULES["groups"] for rule in group["rules"]]
        # One that nothing is expected of: promtool's failure then says what fires.
        cases = [
            {"alertname": name, "eval_time": f"{minute}m", "exp_alerts": [{"exp_labels": {"none": "x"}}]}
            for name in alerts
        ]
        test = {
            "rule_files": ["rules.yml"],
            "evaluation_interval": "1m",
            "tests": [
                {
                    "interval": "1m",
                    "input_series": [{"series": name, "values": values} for name, values in series.items()],
                    "alert_rule_test": cases,
                }
            ],
        }
        (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
        done = subprocess.run(
            [packages.require(packages.PROMETHEUS), "test", "rules", "test.yml"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert "exp:" in said, said
        return {name: section for name in alerts if (section := _find_section(said, name))}

    return find


def _find_section(said, name):
    """What promtool got of an alert; empty where it got nothing."""
    for part in said.split("alertname: ")[1:]:
        got = part.partition("got:")[2].strip()
        if part.startswith(f"{name},") and not got.startswith("[]"):
            return got
    return ""


def test_the_rules_are_rules_of_prometheus(tmp_path):
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(RULES))
    done = subprocess.run(
        [packages.require(packages.PROMETHEUS), "check", "rules", "rules.yml"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 rules found" in done.stdout


def test_a_container_that_keeps_being_restarted_is_reported(firing):
    found = firing({RESTARTS: "0x10 1 2 3"}, 13)
    assert "backend of backend-1 was restarted 3 times in 15 minutes" in found["ContainerRestarts"]
    assert "ContainerRestarts" not in firing({RESTARTS: "0x10 1 2 2"}, 13)
    assert "ContainerRestarts" not in firing({RESTARTS: "7x30"}, 20)


def test_a_rollout_that_does_not_end_is_reported(firing):
    assert "RolloutStuck" not in firing({UNAVAILABLE: "1x20"}, 14)
    assert "backend has had 1 pods" in firing({UNAVAILABLE: "1x20"}, 16)["RolloutStuck"]


def test_the_alert_about_failed_answers_names_the_failing_service(firing):
    bad = {**requests(200, "0+90x20"), **requests(500, "0+10x20"), **requests(200, "0+100x20", "chat")}
    found = firing(bad, 12)["FailedAnswers"]
    assert "backend answers 10.0 % of requests" in found
    assert "chat" not in found


def test_a_small_share_or_a_few_requests_are_no_alert(firing):
    assert "FailedAnswers" not in firing({**requests(200, "0+97x20"), **requests(500, "0+3x20")}, 12)
    assert "FailedAnswers" not in firing({**requests(500, "0+1x20")}, 12)


def test_slow_answers_are_reported(firing):
    answers = requests(200, "0+100x40")
    slow = firing({**answers, **seconds({"0.5": "0+50x40", "2.5": "0+100x40", "+Inf": "0+100x40"})}, 20)
    assert "the 95th percentile of answers takes 2300 ms" in slow["SlowAnswers"]
    fast = firing({**answers, **seconds({"0.5": "0+99x40", "2.5": "0+100x40", "+Inf": "0+100x40"})}, 20)
    assert "SlowAnswers" not in fast


def test_probes_hide_no_failed_and_no_slow_answers(firing):
    """Two pods are asked some 50 times a minute whether they live and are ready, and answer at once."""
    probes = {**requests(200, "0+12x40", route="/livez"), **requests(200, "0+40x40", route="/readyz")}
    found = firing({**probes, **requests(500, "0+5x40"), **requests(200, "0+45x40", route="/")}, 20)
    assert "backend answers 10.0 % of requests" in found["FailedAnswers"]
    fast = seconds({"0.5": "0+1000x40", "2.5": "0+1000x40", "+Inf": "0+1000x40"}, route="/readyz")
    slow = seconds({"0.5": "0+5x40", "2.5": "0+10x40", "+Inf": "0+10x40"})
    assert "SlowAnswers" in firing({**requests(200, "0+10x40"), **fast, **slow}, 20)


@pytest.mark.parametrize("route", ["/livez", "/readyz", "/healthz", "/metrics"])
def test_a_pod_that_says_it_is_not_ready_fails_no_user(firing, route):
    assert "FailedAnswers" not in firing({**requests(503, "0+40x20", route=route), **requests(200, "0+10x20")}, 12)


@pytest.mark.parametrize("label", ["handler", "path"])
def test_probes_of_other_middleware_are_left_out_too(firing, label):
    series = {f'http_requests_total{{job="services",service="web",{label}="/readyz",status="503"}}': "0+40x20"}
    assert "FailedAnswers" not in firing(series, 12)


def test_metrics_that_cannot_be_read_are_reported_themselves(firing):
    up = 'up{job="services",service="backend"}'
    assert "MetricsMissing" in firing({up: "0x30"}, 20)
    assert "MetricsMissing" not in firing({up: "1x30"}, 20)


def test_a_volume_that_fills_up_is_reported(firing):
    assert "qdrant is 85 % full" in firing({USED: "85x30", CAPACITY: "100x30"}, 20)["VolumeNearlyFull"]
    assert "VolumeNearlyFull" not in firing({USED: "70x30", CAPACITY: "100x30"}, 20)


def test_limits_are_data():
    text = yaml.safe_dump(list_rule_groups(AlertLimits(restarts=7, failedPercent=11, p95Milliseconds=345), "todo"))
    for limit in (">= 7", "> 11)", "> 345)"):
        assert limit in text
