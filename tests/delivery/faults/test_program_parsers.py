"""Commands end with a declared status and a sentence, whatever the Pulumi CLI, cosign and the GitHub CLI print."""

from __future__ import annotations

import json

import pytest

from tests.delivery.faults.endings import find_problems
from tests.delivery.faults.mutations import COUNT, mutate
from tests.delivery.previews import preview

pytestmark = pytest.mark.timeout(400)  # some hundred runs of a command in one test

CLUSTER = "digitalocean:index/kubernetesCluster:KubernetesCluster"
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
def test_invalid_output_of_pulumi_ends_a_command_as_declared(run, world, install_program, asked, words, count):
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
    endings = []
    world.run("staging", 2, 4)
    before = world.file.read_text()
    for text in mutate(valid, asked, count):
        for status in (0, 1) if count == COUNT else (0,):
            world.file.write_text(before)
            install_program("pulumi", text, status, only=asked)
            endings.append((text, run(*words)))
    assert find_problems(endings) == ""


@pytest.mark.parametrize("status", [0, 1, 137])
@pytest.mark.parametrize(
    "text", ["", "\x00", b"\xff\xfe", "x" * 100_000, "null", "Error: no matching attestations\n"]
)
def test_invalid_output_of_cosign_and_gh_ends_as_declared(run, github, evidence, install_program, text, status):
    files = {file.name: file.read_text() for file in evidence.iterdir()}
    github.add_run(80, path=".github/workflows/deploy.yml", head_sha=json.loads(files["release.json"])["release"])
    github.add_artifact("staging-release", files)
    install_program("cosign", text, status)
    install_program("gh", text, status)
    endings = [(str(text), run("ci", "sign", evidence)), (str(text), run("ci", "gate", "--release", "v1.0.0"))]
    assert find_problems(endings) == ""
