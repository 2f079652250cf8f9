"""Whatever other programs and services say, a command ends with a declared status and a sentence.

Each parser of `delivery` gets its input truncated, null, reordered, huge and foreign, through the commands that use it.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from tests.delivery.conftest import FAKE_PULUMI
from tests.delivery.faults.mutations import mutate, reorder
from tests.delivery.previews import preview
from tests.delivery.script_server import write_script
from tests.delivery.served import served

pytestmark = pytest.mark.timeout(400)  # some hundred runs of a command in one test

CLUSTER = "digitalocean:index/kubernetesCluster:KubernetesCluster"
SCAN = {
    "SchemaVersion": 2,
    "ArtifactName": "slipway/backend:ci",
    "Results": [
        {
            "Target": "debian",
            "Vulnerabilities": [
                {"VulnerabilityID": "CVE-1", "PkgName": "p", "InstalledVersion": "1", "Severity": "HIGH"}
            ],
        }
    ],
}
K6 = {
    "metrics": {
        "http_req_duration": {"med": 20.0, "p(95)": 80.0},
        "http_reqs": {"rate": 50.0},
        "http_req_failed": {"value": 0.0},
    }
}
NEEDS = {
    "plan": {"result": "success", "outputs": {"stack": "staging"}},
    "staging": {"result": "skipped", "outputs": {}},
}
KEPT = {"stack": "staging", "digests": ["sha256:" + "0" * 64], "tags": ["backend:3f2a91c4d5e6"]}
PLAN = {"stack": "staging", "changed": True, "failed": False, "destructive": ["delete urn:pulumi:x"]}
COUNT = 15  # changed values of each input; the foreign ones come on top


def gather(endings):
    """Every way in which a run did not end as it may, once, with an input that leads to it."""
    found = {}
    for text, ending in endings:
        for problem in ending.problems():
            found.setdefault(problem[:110], f"{problem}  <- {' '.join(ending.words[:3])} <- {text[:160]!r}")
    return "\n".join(found.values())


@pytest.mark.parametrize(
    ("words", "valid"),
    [
        (("ci", "judge-scan", "FILE"), SCAN),
        (("ci", "compare-perf", "FILE"), K6),
        (("ci", "compare-perf", "GOOD", "--baseline", "FILE"), K6),
        (("images", "cleanup", "--needed", "FILE"), KEPT),
        (("stack", "preview", "--stack", "staging", "--from", "FILE"), preview("update")),
        (("stack", "preview", "--stack", "staging", "--from", "FILE"), preview("replace")),
        (("stack", "preview", "--stack", "staging", "--from", "FILE"), preview("fail")),
        (("stack", "preview", "--stack", "staging", "--from", "PREVIEW", "--within", "FILE"), PLAN),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_file_of_another_program(run, tmp_path, words, valid):
    file, good, plan = tmp_path / "file.json", tmp_path / "good.json", tmp_path / "preview.json"
    good.write_text(json.dumps(K6))
    plan.write_text(json.dumps(preview("replace")))
    names = {"FILE": file, "GOOD": good, "PREVIEW": plan}
    words = [names.get(word, word) for word in words]

    def attempt(content):
        file.write_bytes(content)
        return run(*words)

    file.write_text(json.dumps(valid))
    plain = run(*words)
    assert plain.problems() == []
    reordered = attempt(json.dumps(reorder(valid)).encode())
    assert (reordered.status, reordered.err) == (plain.status, plain.err)
    inputs = [text.encode() for text in mutate(valid, str(words[:2]), COUNT)]
    endings = [(text, attempt(text)) for text in [*inputs, b"\xff\xfe\x00", b"PK\x03\x04"]]
    file.unlink()
    file.mkdir()
    assert gather([*endings, (b"a folder", run(*words))]) == ""


def test_results_of_a_workflow(run):
    texts = mutate(NEEDS, "needs", COUNT)
    assert gather((text, run("ci", "notify", "--title", "x", "--results", text)) for text in texts) == ""


@pytest.mark.parametrize("name", ["plan.json", "comment.md"])
def test_a_saved_plan_of_each_stack(run, github, tmp_path, name):
    folder = tmp_path / "plans/staging"
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(json.dumps(PLAN))
    (folder / "comment.md").write_text("what differs")
    endings = []
    for text in [*(text.encode() for text in mutate(PLAN, name, 10)), b"\xff\xfe"]:
        (folder / name).write_bytes(text)
        endings.append((text, run("ci", "drift", folder.parent, "--stack", "staging")))
        github.issues.clear()
    assert gather(endings) == ""


@pytest.fixture
def evidence(world, run, tmp_path):
    """Evidence of a deploy to staging, in a folder."""
    world.checkout.git("update-ref", "refs/remotes/origin/develop", "HEAD")
    words = ("stack", "deploy", "--stack", "staging", "--release", "v1.0.0", "--evidence", tmp_path / "evidence")
    assert run(*words).status == 0
    return tmp_path / "evidence"


@pytest.fixture
def program(world, tmp_path):
    """Put a program on PATH that says what a file says."""
    write_script(tmp_path / "bin/fake-pulumi", FAKE_PULUMI)

    def put(name, text="", status=0, only=None):
        """`only`: words on its command line; with others the fake Pulumi answers."""
        said = tmp_path / f"{name} says"
        said.write_bytes(text if isinstance(text, bytes) else text.encode(errors="surrogatepass"))
        real = f'exec "{tmp_path}/bin/fake-pulumi" "$@"'
        script = f'cat "{said}"; exit {status}'
        script = f'case "$*" in *"{only}"*) {script};; *) {real};; esac' if only else f"{script}"
        file = tmp_path / "bin" / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    return put


@pytest.mark.parametrize("words", [("ci", "sign"), ("stack", "promote", "--staged")], ids=" ".join)
def test_evidence(run, evidence, program, words):
    program("cosign")
    valid = json.loads((evidence / "release.json").read_text())
    endings = []
    for text in mutate(valid, "evidence", 30 if words[0] == "ci" else 10):
        (evidence / "release.json").write_text(text)
        endings.append((text, run(*words, evidence)))
    (evidence / "release.json").write_bytes(b"\xff")
    assert gather([*endings, ("not UTF-8", run(*words, evidence))]) == ""


UPDATE = {
    "kind": "update",
    "startTime": "2026-11-20T07:00:00.000Z",
    "endTime": "2026-11-20T07:05:00.000Z",
    "message": "deploy",
    "environment": {"git.head": "", "git.committer": "Ada"},
    "config": {"slipway:release": {"value": "", "secret": False}, "slipway:images": {"value": "build"}},
    "result": "succeeded",
    "resourceChanges": {"same": 3},
}
STATUS = ("stack", "status", "--stack", "staging")


@pytest.mark.parametrize(
    ("asked", "words", "count"),
    [
        ("stack history", STATUS, COUNT),
        ("stack history", ("stack", "rollback", "--stack", "staging", "--to", "v1.0.0", "--dry-run"), 10),
        ("stack history", ("images", "needed", "--stack", "staging"), 5),
        ("stack output", STATUS, COUNT),
        ("stack output", ("images", "needed", "--stack", "staging"), 5),
        ("stack output", ("stack", "deploy", "--stack", "staging"), 5),
        ("stack export", ("stack", "deploy", "--stack", "staging"), 5),
        ("stack export", ("stack", "rollback", "--stack", "staging", "--to", "v1.0.0"), 2),
        ("preview", ("stack", "preview", "--stack", "staging"), 10),
        ("preview", ("stack", "rollback", "--stack", "staging", "--to", "v1.0.0"), 2),
        ("stack rename", ("stack", "unstick", "--stack", "staging"), 5),
    ],
)
def test_output_of_pulumi(run, world, program, asked, words, count):
    sha = world.checkout.releases[3]
    update = json.loads(json.dumps(UPDATE))
    update["environment"]["git.head"] = update["config"]["slipway:release"]["value"] = sha
    resource = {"urn": "urn:pulumi:staging::slipway::x::y", "type": CLUSTER, "custom": True}
    valid = {
        "stack history": [update],
        "stack output": world.outputs(sha),
        "stack export": {
            "version": 3,
            "deployment": {
                "pending_operations": [{"resource": resource, "type": "updating"}],
                "resources": [{**resource, "outputs": {"version": "1.34.1-do.0"}}],
            },
        },
        "preview": preview("update"),
        "stack rename": {"error": "a stack named staging already exists"},
    }[asked]
    before = world.file.read_text()
    endings = []
    world.run("staging", 2, 4)
    before = world.file.read_text()
    for text in mutate(valid, asked, count):
        for status in (0, 1) if count == COUNT else (0,):
            world.file.write_text(before)
            program("pulumi", text, status, only=asked)
            endings.append((text, run(*words)))
    assert gather(endings) == ""


@pytest.mark.parametrize("status", [0, 1, 137])
@pytest.mark.parametrize(
    "text", ["", "\x00", b"\xff\xfe", "x" * 100_000, "null", "Error: no matching attestations\n"]
)
def test_what_signs_and_what_verifies(run, github, evidence, program, text, status):
    files = {file.name: file.read_text() for file in evidence.iterdir()}
    github.add_run(80, path=".github/workflows/deploy.yml", head_sha=json.loads(files["release.json"])["release"])
    github.add_artifact("staging-release", files)
    program("cosign", text, status)
    program("gh", text, status)
    endings = [(str(text), run("ci", "sign", evidence)), (str(text), run("ci", "gate", "--release", "v1.0.0"))]
    assert gather(endings) == ""


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


GOOD_ZIP = _zip(**{"release.json": json.dumps(KEPT), "summary.json": json.dumps(K6)})
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
def test_an_artifact(run, world, github, tmp_path, name):
    (tmp_path / "summary.json").write_text(json.dumps(K6))
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
    assert gather(endings) == ""
    assert not Path("/tmp/release.json").exists()


@pytest.fixture
def says(monkeypatch):
    """A service that gives every request the same answer."""
    state = {"text": b"", "status": 200, "headers": {}}

    def answer(_):
        return Response(state["text"], state["status"], media_type="application/json", headers=state["headers"])

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    with served(Starlette(routes=[Route("/{path:path}", answer, methods=methods)])) as url:
        state["url"] = url
        yield state


def ask_with(says, texts, *, statuses=(200,), ask):
    for text in texts:
        for status in statuses:
            says.update(text=text if isinstance(text, bytes) else text.encode(), status=status)
            yield f"{status} {text[:150]!r}", ask()


GITHUB = {
    "report": ("ci", "report", "--run", "77"),
    "comment": ("ci", "comment", "--number", "5", "--purpose", "preview", "FILE"),
    "backlog": ("ci", "backlog", "--branch", "HEAD"),
    "gate": ("ci", "gate"),
    "compare-perf": ("ci", "compare-perf", "FILE", "--baseline-artifact", "performance-baseline"),
    "setup": ("account", "setup-github", "--reviewer", "user7", "--apply"),
    "drift": ("ci", "drift", "FOLDER", "--stack", "staging"),
}
ISSUE = {
    "number": 1,
    "state": "open",
    "body": "<!-- slipway:drift stack=staging -->\n",
    "html_url": "https://github.com/x",
}
RUN = {
    "id": 77, "name": "ci", "path": ".github/workflows/ci.yml", "html_url": "https://github.com/x", "event": "push",
    "status": "completed", "conclusion": "failure", "head_branch": "develop", "head_sha": "f" * 40,
    "run_started_at": "2026-11-20T06:59:00Z", "actor": {"login": "ada"}, "display_title": "a change",
    "head_commit": {"author": {"name": "Ada"}}, "head_repository": {"owner": {"login": "acme"}},
}  # fmt: skip
ARTIFACT = {
    "id": 1, "name": "performance-baseline", "expired": False, "created_at": "2026-11-20T08:00:00Z",
    "workflow_run": {"id": 80, "repository_id": 1, "head_repository_id": 1, "head_branch": "develop"},
}  # fmt: skip
GITHUB_ANSWERS = {
    "report": [RUN, {"total_count": 1, "jobs": []}],
    "comment": [[{"id": 1, "body": "<!-- slipway:preview -->\n", "user": {"type": "Bot"}, "html_url": "https://x"}]],
    "backlog": [{"total_count": 1, "artifacts": [ARTIFACT]}, {"workflow_runs": [RUN]}],
    "gate": [{"total_count": 1, "artifacts": [ARTIFACT]}],
    "compare-perf": [{"total_count": 1, "artifacts": [ARTIFACT]}],
    "setup": [{"name": "staging", "protection_rules": []}, {"secrets": [{"name": "X"}], "total_count": 1}],
    "drift": [[ISSUE]],
}


@pytest.mark.parametrize("name", GITHUB)
def test_answers_of_github(run, world, says, monkeypatch, tmp_path, name):
    for variable, value in {"API_URL": says["url"], "REPOSITORY": "acme/todo", "TOKEN": "gh-token"}.items():
        monkeypatch.setenv(f"GITHUB_{variable}", value)
    (tmp_path / "summary.json").write_text(json.dumps(K6))
    (tmp_path / "plans").mkdir()
    names = {"FILE": tmp_path / "summary.json", "FOLDER": tmp_path / "plans"}
    words = [names.get(word, word) for word in GITHUB[name]]
    texts = [text for valid in GITHUB_ANSWERS[name] for text in mutate(valid, name, 15)]
    endings = ask_with(says, [*texts, b"\xff"], ask=lambda: run(*words))
    refusals = ask_with(
        says,
        ["", "null", "[]", "<html>", '{"message": null}'],
        statuses=(301, 400, 404, 422, 502),
        ask=lambda: run(*words),
    )
    assert gather([*endings, *refusals]) == ""


MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": {"digest": "sha256:" + "0" * 64, "size": 2},
    "layers": [{"digest": "sha256:" + "1" * 64, "size": 2}],
    "manifests": [{"digest": "sha256:" + "2" * 64}],
    "tags": ["1"],
}


@pytest.mark.parametrize(
    "words",
    [
        ("stack", "rollback", "--stack", "staging", "--to", "v1.0.0", "--dry-run"),
        ("images", "needed", "--stack", "staging"),
    ],
    ids=" ".join,
)
def test_answers_of_the_registry(run, world, says, words):
    world.run("staging", 2, 4)
    for stack in ("staging", "prod"):
        file = world.checkout.folder / f"Pulumi.{stack}.yaml"
        file.write_text(file.read_text().replace(world.registry.host, says["url"].removeprefix("http://")))
    words = (*words, "--config-file", world.checkout.folder / "Pulumi.staging.yaml")
    endings = ask_with(says, [*mutate(MANIFEST, "manifest", 15), b"\xff"], ask=lambda: run(*words))
    refusals = ask_with(
        says, ["", "null", "<html>"], statuses=(301, 401, 403, 404, 429, 500), ask=lambda: run(*words)
    )
    assert gather([*endings, *refusals]) == ""


DIGITALOCEAN = {
    "sizes": [{"slug": "s-2vcpu-4gb", "price_monthly": 24.0}],
    "repositories": [{"name": "backend"}],
    "manifests": [
        {"digest": "sha256:" + "0" * 64, "tags": ["1"], "updated_at": "2026-01-01T00:00:00Z", "size_bytes": 5}
    ],
    "garbage_collection": {"status": "succeeded"},
    "links": {"pages": {}},
    "auths": {"127.0.0.1:5000": {"auth": "dTpw"}},
}


@pytest.mark.parametrize(
    "words",
    [
        ("stack", "preview", "--stack", "staging", "--from", "PREVIEW"),
        ("images", "cleanup", "--needed", "KEPT", "--apply"),
        ("account", "check-token", "--stack", "staging"),
    ],
    ids=" ".join,
)
def test_answers_of_digitalocean(run, world, says, monkeypatch, tmp_path, words):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "token")
    monkeypatch.setenv("DIGITALOCEAN_API_URL", says["url"])
    (tmp_path / "preview.json").write_text(json.dumps(preview("replace")))
    kept = [tmp_path / "staging.json", tmp_path / "prod.json"]
    for file in kept:
        file.write_text(json.dumps({**KEPT, "stack": file.stem}))
    words = [{"PREVIEW": tmp_path / "preview.json", "KEPT": kept[0]}.get(word, word) for word in words]
    words += ["--needed", kept[1]] if "cleanup" in words else []
    endings = ask_with(says, [*mutate(DIGITALOCEAN, "do", 20), b"\xff"], ask=lambda: run(*words))
    refusals = ask_with(
        says,
        ["", "null", "<html>", '{"message": 5}'],
        statuses=(301, 401, 403, 404, 409, 422, 429, 500),
        ask=lambda: run(*words),
    )
    assert gather([*endings, *refusals]) == ""
