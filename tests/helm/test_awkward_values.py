"""What a person writes arrives in the pods, the migration and the test as it is written."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .conftest import DIGEST, main_pod, one

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
