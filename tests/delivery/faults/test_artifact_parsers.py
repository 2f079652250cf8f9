"""Commands end with a declared status and a sentence, whatever archive GitHub has as an artifact."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.delivery.faults.endings import find_problems
from tests.delivery.faults.input_files import K6_SUMMARY, NEEDED

pytestmark = pytest.mark.timeout(400)  # some hundred runs of a command in one test


def _zip(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def _bomb():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("release.json", b" " * 50_000_000)
    return content.getvalue()


GOOD_ZIP = _zip(**{"release.json": json.dumps(NEEDED), "summary.json": json.dumps(K6_SUMMARY)})
ARCHIVES = {
    "nothing": b"",
    "no archive": b"<html>",
    "half": GOOD_ZIP[: len(GOOD_ZIP) // 2],
    "without its head": GOOD_ZIP[10:],
    "a wrong sum": GOOD_ZIP.replace(b'"stack"', b'"stick"', 1),
    "empty": _zip(),
    "other files": _zip(readme="x"),
    "a folder": _zip(**{"a/": ""}),
    "a folder's file": _zip(**{"../release.json": "x"}),
    "an absolute file": _zip(**{"/tmp/release.json": "x"}),
    "a bomb": _bomb(),
    "a dot": _zip(**{".": "x"}),
    "two dots": _zip(**{"..": "x"}),
    "another's JSON": GOOD_ZIP,
    "null": _zip(**{"release.json": "null", "summary.json": "null"}),
    "a long name": _zip(**{"x" * 300: "x"}),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_invalid_artifact_ends_a_command_as_declared(run, world, github, tmp_path, name):
    (tmp_path / "summary.json").write_text(json.dumps(K6_SUMMARY))
    world.checkout.git("update-ref", "refs/remotes/origin/develop", "HEAD")
    github.add_run(80, path=".github/workflows/deploy.yml", head_sha=world.checkout.releases[-1])
    for artifact in ("staging-release", "prod-release", "performance-baseline"):
        github.add_artifact(artifact, {})
        github.artifacts[-1]["content"] = ARCHIVES[name]
    endings = [
        (name, run("ci", "gate", "--release", "v1.0.0")),
        (name, run("ci", "backlog", "--branch", "HEAD")),
        (name, run("ci", "compare-perf", tmp_path / "summary.json", "--baseline-artifact", "performance-baseline")),
    ]
    assert find_problems(endings) == ""
    assert not Path("/tmp/release.json").exists()
