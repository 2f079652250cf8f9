"""Commands end with a declared status and a sentence, whatever GitHub, the registry and DigitalOcean answer."""

from __future__ import annotations

import json

import pytest

from tests.delivery.faults.endings import find_problems
from tests.delivery.faults.input_files import K6_SUMMARY, NEEDED
from tests.delivery.faults.mutations import mutate
from tests.delivery.previews import preview

pytestmark = pytest.mark.timeout(400)  # some hundred runs of a command in one test

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
def test_invalid_answers_of_github_end_a_command_as_declared(run, world, fixed_service, monkeypatch, tmp_path, name):
    for variable, value in {"API_URL": fixed_service.url, "REPOSITORY": "acme/todo", "TOKEN": "gh-token"}.items():
        monkeypatch.setenv(f"GITHUB_{variable}", value)
    (tmp_path / "summary.json").write_text(json.dumps(K6_SUMMARY))
    (tmp_path / "plans").mkdir()
    names = {"FILE": tmp_path / "summary.json", "FOLDER": tmp_path / "plans"}
    words = [names.get(word, word) for word in GITHUB[name]]
    texts = [text for valid in GITHUB_ANSWERS[name] for text in mutate(valid, name)]
    endings = fixed_service.try_answers([*texts, b"\xff"], ask=lambda: run(*words))
    refusals = fixed_service.try_answers(
        ["", "null", "[]", "<html>", '{"message": null}'],
        statuses=(301, 400, 404, 422, 502),
        ask=lambda: run(*words),
    )
    assert find_problems([*endings, *refusals]) == ""


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
def test_invalid_answers_of_the_registry_end_a_command_as_declared(run, world, fixed_service, words):
    world.run("staging", 2, 4)
    for stack in ("staging", "prod"):
        file = world.checkout.folder / f"Pulumi.{stack}.yaml"
        file.write_text(file.read_text().replace(world.registry.host, fixed_service.url.removeprefix("http://")))
    words = (*words, "--config-file", world.checkout.folder / "Pulumi.staging.yaml")
    endings = fixed_service.try_answers([*mutate(MANIFEST, "manifest"), b"\xff"], ask=lambda: run(*words))
    refusals = fixed_service.try_answers(
        ["", "null", "<html>"], statuses=(301, 401, 403, 404, 429, 500), ask=lambda: run(*words)
    )
    assert find_problems([*endings, *refusals]) == ""


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
        ("images", "cleanup", "--needed", "NEEDED", "--apply"),
        ("account", "check-token", "--stack", "staging"),
    ],
    ids=" ".join,
)
def test_invalid_answers_of_digitalocean_end_a_command_as_declared(
    run, world, fixed_service, monkeypatch, tmp_path, words
):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "token")
    monkeypatch.setenv("DIGITALOCEAN_API_URL", fixed_service.url)
    (tmp_path / "preview.json").write_text(json.dumps(preview("replace")))
    needed = [tmp_path / "staging.json", tmp_path / "prod.json"]
    for file in needed:
        file.write_text(json.dumps({**NEEDED, "stack": file.stem}))
    words = [{"PREVIEW": tmp_path / "preview.json", "NEEDED": needed[0]}.get(word, word) for word in words]
    words += ["--needed", needed[1]] if "cleanup" in words else []
    endings = fixed_service.try_answers([*mutate(DIGITALOCEAN, "do", 20), b"\xff"], ask=lambda: run(*words))
    refusals = fixed_service.try_answers(
        ["", "null", "<html>", '{"message": 5}'],
        statuses=(301, 401, 403, 404, 409, 422, 429, 500),
        ask=lambda: run(*words),
    )
    assert find_problems([*endings, *refusals]) == ""
