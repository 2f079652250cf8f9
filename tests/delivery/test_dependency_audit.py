from __future__ import annotations

import contextlib
import json
import os
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from delivery.dependency_audit import Pin, audit, list_pins, read_audit
from delivery.outcome import DeliveryError
from tests.delivery.served import served

ROOT = Path(__file__).parents[2]
PROJECTS = [".", "backend", "chatbot_backend"]
UV = next(iter(sorted(ROOT.glob(".slipway/uv-*/uv"), reverse=True)), "uv")
TWICE = """numpy==1.26.4 ; python_full_version >= '3.11' \\
    --hash=sha256:aa
numpy==2.0.2 ; python_full_version < '3.11' \\
    --hash=sha256:bb
colorama==0.4.6 ; sys_platform == 'win32'"""


@pytest.fixture(autouse=True)
def _uv(monkeypatch):
    if "UV" not in os.environ:
        monkeypatch.setenv("UV", str(UV))


@pytest.fixture
def uv_prints(monkeypatch, tmp_path):
    """A project whose `uv export` prints something else."""

    def prints(text, status=0):
        (tmp_path / "uv.lock").touch()
        (tmp_path / "text").write_text(text)
        program = tmp_path / "uv"
        program.write_text(f"#!/bin/sh\ncat {tmp_path}/text\nexit {status}\n")
        program.chmod(0o755)
        monkeypatch.setenv("UV", str(program))
        return tmp_path

    return prints


@pytest.fixture
def python_runs(monkeypatch, tmp_path):
    """Another program in the place of Python, which runs pip-audit."""

    def runs(text):
        program = tmp_path / "python"
        program.write_text(text)
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))

    return runs


@pytest.fixture
def pip_audit_prints(python_runs, tmp_path):
    """`python -m pip_audit` that prints something else, and what it was asked."""

    def prints(text, status=0):
        (tmp_path / "answer").write_text(text)
        python_runs(f"#!/bin/sh\ncat /dev/stdin >> {tmp_path}/asked; cat {tmp_path}/answer\nexit {status}\n")

    return prints


@pytest.fixture
def osv():
    """A service that speaks OSV's protocol; it notes what it is asked about."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    asked = []

    async def query(request):
        body = await request.json()
        asked.append((canonicalize_name(body["package"]["name"]), body["version"]))
        return JSONResponse({"vulns": []})

    with served(Starlette(routes=[Route("/v1/query", query, methods=["POST"])])) as url:
        yield f"{url}/v1/query", asked


def locked(project):
    """Every version of every package of a lock file that comes from a registry."""
    packages = tomllib.loads((ROOT / project / "uv.lock").read_text())["package"]
    return {(entry["name"], entry["version"]) for entry in packages if "registry" in entry["source"]}


@pytest.mark.parametrize("project", PROJECTS)
def test_every_package_of_our_own_locks_is_asked_about_once(slipway, osv, project, monkeypatch, summary):
    monkeypatch.chdir(ROOT)
    url, asked = osv
    assert slipway("ci", "audit", project, "--osv-url", url)[0] == 0
    assert len(asked) == len(set(asked))
    assert set(asked) == locked(project)


def test_our_own_locks_have_packages_twice():
    """Or else the test before shows less than it says."""
    names = [name for name, _ in locked("chatbot_backend")]
    assert {name for name in names if names.count(name) > 1} >= {"numpy"}


def test_both_versions_are_asked_for(uv_prints):
    assert list_pins(uv_prints(TWICE)) == {Pin("numpy", "1.26.4"), Pin("numpy", "2.0.2"), Pin("colorama", "0.4.6")}


def test_a_vulnerability_of_either_version_is_found(uv_prints, python_runs, slipway, summary, tmp_path):
    project = uv_prints(TWICE)
    answers = {
        "1.26.4": [{"id": "PYSEC-1", "fix_versions": ["1.26.5"]}],
        "2.0.2": [],
        "0.4.6": [],
    }
    python_runs(f"#!{sys.executable}\n" + PIP_AUDIT.format(answers=answers))
    status, said = slipway("ci", "audit", project)
    assert (status, said) == (1, f"{tmp_path.name}: numpy 1.26.4: PYSEC-1 (fixed in 1.26.5)\n")


def test_only_what_runs_blocks(python_runs, monkeypatch):
    python_runs(f"#!{sys.executable}\n" + ALL_VULNERABLE)
    monkeypatch.setenv("UV_OFFLINE", "1")
    blocking = {each.package for each in audit(ROOT) if each.blocking}
    assert {"pulumi", "typer"} <= blocking
    assert blocking.isdisjoint({"pytest", "bandit", "copier", "zensical"})


ALL_VULNERABLE = """
import json, sys
pins = [line.strip().split("==") for line in sys.stdin]
vulnerability = {"id": "PYSEC-1", "fix_versions": ["999"]}
print(json.dumps({"dependencies": [{"name": name, "version": version, "vulns": [vulnerability]} for name, version in pins]}))
"""


PIP_AUDIT = """
import json, sys
pins = [line.strip().split("==") for line in sys.stdin]
assert len({{name for name, _ in pins}}) == len(pins), "pip-audit takes a package once"
print(json.dumps({{"dependencies": [
    {{"name": name, "version": version, "vulns": {answers}[version]}} for name, version in pins
]}}))
"""


def test_a_package_that_nobody_knows_is_in_the_list(uv_prints, pip_audit_prints, slipway, summary):
    project = uv_prints("ours==1.0")
    pip_audit_prints(json.dumps({"dependencies": [{"name": "Ours", "skip_reason": "not found on PyPI"}]}))
    assert slipway("ci", "audit", project) == (0, "")
    assert "ours 1.0: not audited: not found on PyPI" in summary()


def test_a_package_without_an_answer_is_no_good_news(uv_prints, pip_audit_prints, slipway):
    project = uv_prints("a==1\nb==2")
    pip_audit_prints('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}')
    status, said = slipway("ci", "audit", project)
    assert (status, "pip-audit says nothing of b==2" in said) == (4, True)


@pytest.mark.parametrize("line", ["ours @ git+https://example.com/ours@1f3c", "https://example.com/a.whl", "<html>"])
def test_what_has_no_version_is_named(uv_prints, slipway, line):
    status, said = slipway("ci", "audit", uv_prints(f"a==1\n{line}"))
    assert (status, "has what cannot be audited" in said, line in said) == (1, True, True)


def test_folders_of_the_repository_are_not_asked_about(uv_prints):
    assert list_pins(uv_prints("-e .\n./chassis\n# a comment\na[b]==1 # why")) == {Pin("a", "1")}


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"dependencies": null}', '{"dependencies": [', "oops\n{}"])
@pytest.mark.parametrize("status", [0, 1, 2, 137])
def test_other_output_of_pip_audit_is_no_good_news(uv_prints, pip_audit_prints, slipway, text, status):
    pip_audit_prints(text, status)
    code, said = slipway("ci", "audit", uv_prints("a==1"))
    assert (code, "pip-audit" in said, len(said.splitlines())) == (4, True, 1), said


@pytest.mark.parametrize("program", ["/nowhere/uv", "/etc/passwd"])
def test_without_uv_it_is_asked_for(slipway, tmp_path, monkeypatch, program):
    monkeypatch.setenv("UV", program)
    (tmp_path / "uv.lock").touch()
    status, said = slipway("ci", "audit", tmp_path)
    assert (status, program in said, "unexpected" in said) == (5, True, False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["dependencies", "name", "version", "vulns", "id", "fix_versions"]), inner)
    ),
    max_leaves=20,
)


@given(JSON.map(json.dumps) | st.text())
def test_any_other_json_is_refused_in_a_sentence(text):
    with contextlib.suppress(DeliveryError):
        read_audit(text)
