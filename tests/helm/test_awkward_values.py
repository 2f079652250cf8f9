"""What a person writes arrives in the pods, the migration and the test as it is written."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .conftest import DIGEST, main_pod, one, pod_templates, policies

AWKWARD = [
    "", "no", "on", "y", "null", "~", "true", "1e3", "0123", "0x1f", "1_000", "1:30", "2026-11-25", ".inf", "a,b", "{}",
    "[x]", "{a: b}", "a: b", "- a", "# no comment", "a #b", "&a", "*a", "!a", "%a", "@a", "`a`", "|", ">", "'", '"', "\\",
    "$$", "$$$", "$(PORT)", "$$(PORT)", "$(", "${X}", "{{ .Values }}", "a\nb", "a\n", "\n", " a ", "\t", "é", "日本", "😀",
    "-----BEGIN X-----\nMIIB+/==\n-----END X-----\n", '{"a": [1, "b"]}', "\u2028", "\x7f", "\r\n",
]  # fmt: skip
# Kubernetes' strings have no NUL, YAML no surrogates: https://yaml.org/spec/1.2.2/#51-character-set
TEXT = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
)
PATH = st.one_of(
    st.sampled_from(
        ["/livez,port:metrics", "/readyz?checks=db,cache", "/{id}", "/a[0]", "/a b", "/$(X)", "/'", '/"', "/#a"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20).map("/".__add__),
)
EXPANDED = re.compile(r"\$\$|\$\(([^()]*)\)")


def expand(text: str) -> str:
    """What a container gets of a text that Kubernetes expands, where no variable is known: `$$` is one `$`."""
    return EXPANDED.sub(lambda found: "$" if found[0] == "$$" else found[0], text)


def render(helm, **values):
    return helm.objects("service", "backend", {"image": {"repository": "r.example/x/b", "digest": DIGEST}, **values})


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(value=TEXT, path=PATH, word=TEXT)
def test_values_arrive_as_they_are_written(helm, value, path, word):
    objects = render(
        helm,
        environment={"VALUE": value},
        health={"liveness": path, "readiness": path},
        command=["run", word],
        migration={"enabled": True, "command": ["migrate", word]},
        test={"command": ["fetch", word]},
    )
    assert one(objects, "ConfigMap")["data"] == {"VALUE": value}
    container = one(objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    assert [expand(each) for each in container["command"]] == ["run", word]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"] == {"path": path, "port": "http"}
    migration = main_pod(objects, "backend-migrate")["containers"][0]
    assert [expand(each) for each in migration["command"]] == ["migrate", word]
    assert {each["name"]: expand(each["value"]) for each in migration["env"]}["VALUE"] == value
    test = main_pod(objects, "backend-test")["containers"][0]
    assert [expand(each) for each in test["command"]] == ["fetch", word]
    assert [expand(each) for each in test["args"]] == [f"http://backend:80{path}"]


NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?", fullmatch=True)
PORT_NAMES = st.one_of(st.sampled_from(["no", "on", "y", "null", "true", "e3", "1e3", "0x1f"]), st.from_regex(r"[a-z]{1,15}", fullmatch=True)).filter(lambda name: name != "http")  # fmt: skip
KINDS = ("web", "worker", "cron", "job")
ALL_KINDS = settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@ALL_KINDS
@given(kind=st.sampled_from(KINDS), value=TEXT, word=TEXT, name=NAMES, own=st.booleans())
def test_values_arrive_in_every_kind_with_and_without_pod_settings(helm, kind, value, word, name, own):
    """`own`: what the service writes of the pod itself is merged in, and goes through Helm's own writer."""
    values = {"pod": {"hostname": word}, "container": {"workingDir": value}} if own else {}
    objects = render(
        helm,
        kind=kind,
        cron={"schedule": "30 2 * * *"},
        environment={"VALUE": value},
        command=["run", word],
        args=[word, value],
        podAnnotations={name: value},
        test={"command": ["check", word]},
        **values,
    )
    template = dict(pod_templates(objects))["backend"]
    (container,) = template["spec"]["containers"]
    assert [expand(each) for each in container["command"]] == ["run", word]
    assert [expand(each) for each in container["args"]] == [word, value]
    assert template["metadata"]["annotations"][name] == value
    if kind == "job":
        assert {each["name"]: expand(each["value"]) for each in container["env"]}["VALUE"] == value
    else:
        assert one(objects, "ConfigMap")["data"] == {"VALUE": value}
    if own:
        assert (template["spec"]["hostname"], container["workingDir"]) == (word, value)
    test = main_pod(objects, "backend-test")["containers"][0]
    assert [expand(each) for each in test["command"]] == ["check", word]


@ALL_KINDS
@given(path=PATH, word=TEXT, port=PORT_NAMES)
def test_probes_and_ports_arrive_as_they_are_written(helm, path, word, port):
    health = {"liveness": {"http": path, "port": 9000}, "readiness": {"command": ["ask", word]}}
    objects = render(helm, health=health, ports=[{"name": port, "port": 9090}])
    container = main_pod(objects)["containers"][0]
    assert (
        container["livenessProbe"]["httpGet"] == container["startupProbe"]["httpGet"] == {"path": path, "port": 9000}
    )
    assert [expand(each) for each in container["readinessProbe"]["exec"]["command"]] == ["ask", word]
    assert container["ports"][1] == {"name": port, "containerPort": 9090}
    assert one(objects, "Service")["spec"]["ports"][1] == {"name": port, "port": 9090, "targetPort": port}


@pytest.mark.parametrize("schedule", ["0 0 1 1 0", "*/5 * * * *", "* * * * *", "1 2 3 4 5", "0 0 1,15 JAN-NOV MON"])
@pytest.mark.parametrize("zone", ["Etc/UTC", "Europe/Berlin", "NZ", "Etc/GMT+5"])
def test_a_schedule_and_its_zone_arrive_as_they_are_written(helm, schedule, zone):
    spec = one(render(helm, kind="cron", cron={"schedule": schedule, "timeZone": zone}), "CronJob")["spec"]
    assert (spec["schedule"], spec["timeZone"]) == (schedule, zone)


@pytest.mark.parametrize("name", ["no", "null", "on", "e3"])
def test_clients_that_look_like_other_types_stay_names(helm, name):
    objects = render(helm, networkPolicy={"clients": [name]}, priorityClassName=name)
    (rule,) = policies(objects)["backend"]["ingress"]
    assert rule["from"][0]["podSelector"]["matchExpressions"][0]["values"] == [name, "backend-test"]
    assert main_pod(objects)["priorityClassName"] == name


@pytest.mark.parametrize("name", ["no", "null", "true", "on", "y", "e3"])
def test_names_that_look_like_other_types_stay_names(helm, name):
    for each in helm.objects("service", name, {"image": {"repository": "r.example/x/b", "digest": DIGEST}}):
        assert each["metadata"]["name"].startswith(name)
        assert all(isinstance(value, str) for value in each["metadata"]["labels"].values())


@pytest.mark.parametrize("word", ["42", "007", "1.30", "0123", "2024", "no", "null", "1e3"])
def test_labels_that_look_like_other_types_stay_text(helm, word):
    for each in render(helm, release={"stack": word, "owner": word, "sha": "1234567"}):
        labels = each["metadata"]["labels"]
        if each["metadata"]["labels"].get("slipway/stack"):
            assert (labels["slipway/stack"], labels["slipway/owner"]) == (word, word)


def test_a_commit_in_digits_stays_text(helm):
    for sha in ("123456789012", "123456789e12", "1234567"):
        container = one(render(helm, release={"sha": sha}), "Deployment")["spec"]["template"]["spec"]["containers"][0]
        assert {"name": "RELEASE_SHA", "value": sha} in container["env"]


def test_a_large_user_id_stays_a_whole_number(helm):
    pod = one(render(helm, runAsUser=1_000_000), "Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsUser"] == 1_000_000
