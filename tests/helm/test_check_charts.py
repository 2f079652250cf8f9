"""What `make chart-checks` is content with; that it runs kubeconform and checkov is seen where it is run."""

from __future__ import annotations

import json

import yaml

from .check_charts import MOST, REASONS, find_unexplained, write_schemas

FAILURE = {"id": "CKV_K8S_11", "check": "CPU limits should be set", "object": "Deployment.todo.web"}
REASON = {"CKV_K8S_11": {"of": ["Deployment"], "reason": "it slows pods down"}}


def test_a_failure_with_a_reason_is_no_problem():
    assert list(find_unexplained([FAILURE], REASON)) == []


def test_a_failure_without_a_reason_is_one():
    for reasons in (
        {},
        {"CKV_K8S_11": {"of": ["Deployment"], "reason": ""}},
        {"CKV_K8S_11": {"of": ["Job"], "reason": "x"}},
    ):
        (problem,) = find_unexplained([FAILURE], reasons)
        assert problem.startswith("CKV_K8S_11 (CPU limits should be set) fails of Deployment.todo.web")


def test_a_reason_without_a_failure_is_one():
    assert list(find_unexplained([], REASON)) == ["CKV_K8S_11 does not fail any more; remove it from checkov.yaml"]


def test_more_reasons_than_may_be_are_one():
    reasons = {f"CKV_{number}": REASON["CKV_K8S_11"] for number in range(MOST + 1)}
    failures = [{**FAILURE, "id": name} for name in reasons]
    assert list(find_unexplained(failures, reasons)) == ["checkov.yaml has 7 checks; at most 6 may fail"]


def test_every_reason_is_written_in_words():
    reasons = yaml.safe_load(REASONS.read_text())
    assert len(reasons) <= MOST
    assert all(len(each["reason"].split()) > 8 for each in reasons.values())


def test_schemas_lead_to_each_other_and_not_to_the_network(tmp_path):
    write_schemas(tmp_path, {("Deployment", "apps/v1"), ("Secret", "v1"), ("NetworkPolicy", "networking.k8s.io/v1")})
    (oldest, *_) = sorted(tmp_path.iterdir())
    assert oldest.name == "v1.33.0-standalone-strict"
    assert {file.name for file in oldest.iterdir()} == {
        "_definitions.json", "deployment-apps-v1.json", "secret-v1.json", "networkpolicy-networking-v1.json",
    }  # fmt: skip
    for file in oldest.iterdir():
        schema = json.loads(file.read_text())
        assert "$id" not in schema
        assert "/api/_definitions.json" not in json.dumps(schema)
