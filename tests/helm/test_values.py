"""The service's chart refuses values that its schema does not allow, and names their place."""

from __future__ import annotations

import json

import pytest
import yaml

from .conftest import CHART, DIGEST

INVALID = {
    "no image": ({"image": None}, "image"),
    "a tag for a digest": ({"image": {"repository": "r/x", "digest": "latest"}}, "/image/digest"),
    "an unknown key": ({"replica": 2}, "replica"),
    "no replicas": ({"replicas": 0}, "/replicas"),
    "a privileged port": ({"port": 80}, "/port"),
    "a lost slash": ({"health": {"liveness": "livez"}}, "/health/liveness"),
    "a number as text": ({"environment": {"A": 1}}, "/environment/A"),
    "an odd variable": ({"environment": {"a-b": "1"}}, "'a-b'"),
    "a Secret that is no list": ({"secretEnvironment": "backend"}, "/secretEnvironment"),
    "files of no place": ({"secretFiles": [{"secret": "a"}]}, "/secretFiles/0"),
    "a Secret twice": ({"secretEnvironment": ["a", "a"]}, "/secretEnvironment"),
    "an odd Secret": ({"secretEnvironment": ["A B"]}, "/secretEnvironment/0"),
    "an odd name": ({"name": "Back_end"}, "/name"),
    "an odd quantity": ({"resources": {"requests": {"cpu": "lots"}}}, "/resources/requests/cpu"),
    "a low node port": ({"service": {"nodePort": 80}}, "/service/nodePort"),
    "a URL for a host": ({"route": {"host": "https://a.example"}}, "/route/host"),
    "a number as text for HSTS": ({"route": {"hsts": "300"}}, "/route/hsts"),
    "root": ({"runAsUser": 0}, "/runAsUser"),
    "an odd access mode": ({"persistence": {"accessModes": ["Many"]}}, "/persistence/accessModes"),
    "an unknown kind": ({"kind": "daemon"}, "/kind"),
    "a port's name in capitals": ({"ports": [{"name": "Metrics", "port": 9090}]}, "/ports/0/name"),
    "the name of the first port": ({"ports": [{"name": "http", "port": 9090}]}, "/ports/0/name"),
    "two forms of a probe": ({"health": {"liveness": {"tcp": 1, "grpc": 2}}}, "/health/liveness"),
    "six fields": ({"cron": {"schedule": "0 0 * * * *"}}, "/cron/schedule"),
    "an unknown rule": ({"cron": {"concurrency": "queue"}}, "/cron/concurrency"),
    "an unknown moment": ({"job": {"when": "during"}}, "/job/when"),
    "an annotation that is no text": ({"podAnnotations": {"a": 1}}, "/podAnnotations/a"),
    "a pod that is no mapping": ({"pod": []}, "/pod"),
}


@pytest.mark.parametrize(("values", "place"), INVALID.values(), ids=INVALID)
def test_invalid_values_are_refused_with_their_place(helm, values, place):
    image = {"image": {"repository": "r/x", "digest": DIGEST}}
    done = helm.run("template", "backend", str(CHART), values={**image, **values})
    assert done.returncode != 0
    assert place in done.stderr, done.stderr


def test_a_cron_without_a_schedule_is_refused(helm):
    image = {"image": {"repository": "r/x", "digest": DIGEST}}
    assert "cron.schedule is missing" in helm.run("template", str(CHART), values={**image, "kind": "cron"}).stderr


def test_the_values_and_their_schema_have_the_same_keys():
    """`enabled` and `global` are a parent chart's, and a CPU limit is one that we do not set."""

    def keys(schema, values, place=""):
        inner = schema.get("properties", {})
        said = set(inner) - ({"enabled", "global"} if not place else set())
        assert said == set(values), place
        for name in said:
            if inner[name].get("additionalProperties") is False and values[name] and name != "resources":
                keys(inner[name], values[name], f"{place}/{name}")

    keys(json.loads((CHART / "values.schema.json").read_text()), yaml.safe_load((CHART / "values.yaml").read_text()))


def test_the_names_that_a_parent_chart_sets_are_no_unknown_keys(helm):
    assert helm.render(enabled=True, **{"global": {"a": "b"}}) == helm.render()
