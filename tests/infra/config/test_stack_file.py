from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from infra_stacks import STACKS

from infra.config.stack_file import StackFileError, load_config, load_stack_file, parse_config_text, write_stack_file

ROOT = Path(__file__).parents[3]
AWKWARD = """\
# first
config:
  slipway:release: HEAD # what is checked out
  one: "1e3"
  two: 1e3
  three: no
  four: 'yes'
  five: 123
  six: "2026-11-25"
  seven: 1_000
  eight: 1:30
  nine: {x: "y", list: ["007", 'n']}
  ten: 1.10
  eleven: |
    two
    lines
  twelve: "${X} {{ y }} é \\" '"
encryptionsalt: v1:abc=:v1:def
"""


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "Pulumi.staging.yaml"
        path.write_text(text)
        return path

    return write


def test_what_is_not_changed_is_written_as_it_stood(file):
    content = load_stack_file(file(AWKWARD))
    content["config"]["slipway:release"] = "123456789e12"
    before, after = AWKWARD.splitlines(), write_stack_file(content).splitlines()
    assert [line for line in after if line not in before] == [
        "  slipway:release: '123456789e12' # what is checked out"
    ]
    assert len(before) == len(after)


@pytest.mark.parametrize("stack", STACKS)
def test_the_committed_files_are_written_as_they_are(stack):
    path = ROOT / f"Pulumi.{stack}.yaml"
    assert write_stack_file(load_stack_file(path)) == path.read_text()


def test_words_of_older_yaml_stay_words(file):
    config = load_config(file(AWKWARD))
    assert (config["one"], config["three"], config["four"], config["eight"]) == ("1e3", "no", "yes", "1:30")
    assert type(config["nine"]) is dict
    assert type(config["seven"]) is int


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z]{1,8}", fullmatch=True), st.text(st.characters(exclude_categories=["Cs", "Cc"]))
    )
)
@settings(deadline=None, max_examples=200)
def test_every_text_that_is_written_is_read_as_the_same_text(values):
    text = write_stack_file({"config": dict(values) or {"a": ""}})
    assert parse_config_text(text, "x") == (values or {"a": ""})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("config:\n  a: 1\n  b: 2\n  a: 3\n", "Pulumi.staging.yaml:4: the key 'a' is there twice; remove one"),
        ("config: {a: 1, a: 2}\n", "Pulumi.staging.yaml:1: the key 'a' is there twice; remove one"),
        ("config:\n  a: [1\n", "Pulumi.staging.yaml:3: "),
        ("config:\n\ta: 1\n", "Pulumi.staging.yaml:2: "),
        ("config: {a: !date x}\n", "Pulumi.staging.yaml:1: x has the tag !date; write it in quotes"),
        ("", "Pulumi.staging.yaml has no `config:` with keys below it"),
        ("config:\n", "Pulumi.staging.yaml has no `config:` with keys below it"),
        ("encryptionsalt: x\n", "Pulumi.staging.yaml has no `config:` with keys below it"),
        ("- config\n", "Pulumi.staging.yaml has no `config:` with keys below it"),
        ("just text", "Pulumi.staging.yaml has no `config:` with keys below it"),
        ("a: &x [*x]\nconfig: {a: 1}\n", "Pulumi.staging.yaml: an alias refers to what it is in"),
        ("a: 1\n---\nconfig: {a: 1}\n", "Pulumi.staging.yaml"),
    ],
)
@pytest.mark.parametrize("load", [load_config, load_stack_file])
def test_what_is_no_stack_file_is_an_error_with_its_line(file, load, text, problem):
    with pytest.raises(StackFileError) as caught:
        load(file(text))
    assert problem in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_an_error(tmp_path):
    with pytest.raises(StackFileError, match="cannot read .*Pulumi.staging.yaml"):
        load_config(tmp_path / "Pulumi.staging.yaml")
    (tmp_path / "Pulumi.staging.yaml").write_bytes(b"config: \xe9")
    with pytest.raises(StackFileError, match="cannot read .*utf-8"):
        load_config(tmp_path / "Pulumi.staging.yaml")
    assert json.dumps(load_config(ROOT / "Pulumi.local.yaml"))
