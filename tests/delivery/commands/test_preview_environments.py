"""`slipway preview-environment`, on a repository of its own; cluster and registry are in memory."""

from __future__ import annotations

import contextlib
import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from infra_stacks import services_of

from delivery.commands import preview_environment_removal
from delivery.preview_environment.removal import Found
from infra.source import image_digest
from infra.source.registry_login import Login

ROOT = Path(__file__).parents[3]
DIGEST = "sha256:" + "5" * 64
NOW = datetime.now(UTC)


class Place:
    """Environments by pull request; those that are stuck cannot be removed."""

    def __init__(self):
        self.environments, self.stuck = {}, set()

    def add(self, number, age=timedelta(0), **changes):
        facts = {"has_stack": True, "updated": NOW - age, "has_namespace": True, "created": NOW - age}
        self.environments[number] = Found(**{"number": number, **facts, "volumes": (), "images": (), **changes})

    def find(self):
        return list(self.environments.values())

    def remove(self, found):
        if found.number in self.stuck:
            return [f"{found.name}: the namespace: it does not go"]
        del self.environments[found.number]
        return []


@pytest.fixture
def place(monkeypatch):
    made = Place()
    monkeypatch.setattr(preview_environment_removal, "_open", lambda *_: contextlib.nullcontext(made))
    return made


@pytest.fixture
def git(tmp_path, monkeypatch):
    """A repository with staging's stack file and its services, as the working directory; runs git there."""
    services, folder = services_of("staging").values(), tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def git(*words):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        return subprocess.run(["git", *identity, *words], check=True, capture_output=True, text=True).stdout.strip()

    (folder / "Pulumi.staging.yaml").write_text((ROOT / "Pulumi.staging.yaml").read_text())
    for service in services:
        for each in (service["folder"], *service["shares"]):
            Path(each).mkdir(exist_ok=True, parents=True)
            Path(each, "main.py").write_text("")
        Path(service["folder"], "Dockerfile").write_text("FROM scratch\n")
        Path(service["folder"], "service.yaml").write_text((ROOT / service["folder"] / "service.yaml").read_text())
    git("init", "-q", "-b", "develop")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    return git


@pytest.fixture
def slipway(git, capsys):
    from slipway.__main__ import main

    def run(*words):
        status = main(["preview-environment", *map(str, words), "--json"])
        return status, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def held(monkeypatch):
    """The references that the registry holds."""
    references = set()
    monkeypatch.setattr(
        "delivery.preview_environment.images.find_digest",
        lambda reference, _: DIGEST if reference in references else None,
    )
    monkeypatch.setattr(image_digest, "find_digest", None)
    monkeypatch.setattr("delivery.images.stack_registry.StackRegistry.login", lambda *_, **__: Login("a", "b"))
    return references


def test_only_what_the_registry_lacks_is_built(slipway, git, held):
    before, host = git("rev-parse", "--short=12", "HEAD"), "registry.digitalocean.com/slipway-example"
    Path("backend/main.py").write_text("changed")
    git("commit", "-q", "-a", "-m", "change the backend")
    held |= {f"{host}/{name}:{before}" for name in ("backend", "chatbot-backend", "chatbot-frontend")}
    head = git("rev-parse", "HEAD")
    assert slipway("plan", "--pull-request", 7, "--release", head)[1]["build"] == ["backend"]
    held.add(f"{host}/backend:pr-8-{head[:12]}")
    assert slipway("plan", "--pull-request", 7, "--release", head)[1]["build"] == ["backend"]
    held.add(f"{host}/backend:pr-7-{head[:12]}")
    assert slipway("plan", "--pull-request", 7, "--release", head)[1]["build"] == []


def test_the_plan_reads_and_checks_the_pull_requests_own_commit(slipway, git, held):
    file = Path("backend/service.yaml")
    before = file.read_text()
    file.write_text(f"{before}portt: 1\n")
    git("commit", "-q", "-a", "-m", "a mistake")
    head = git("rev-parse", "HEAD")
    file.write_text(before)
    git("commit", "-q", "-a", "-m", "develop")
    status, facts = slipway("plan", "--pull-request", 7, "--release", head)
    assert status != 0
    assert "portt" in facts["error"]
    assert slipway("plan", "--pull-request", 7, "--release", "HEAD")[0] == 0


def test_the_workflow_is_told_whether_there_are_environments(slipway, git, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    status, facts = slipway("check")
    assert (status, facts["wanted"]) == (0, True)
    Path("Pulumi.staging.yaml").write_text("config: {}\n")
    assert (slipway("check")[0], (tmp_path / "output").read_text()) == (0, "wanted=true\nwanted=false\n")


def test_nothing_is_done_where_staging_has_no_environments(slipway, git):
    file = Path("Pulumi.staging.yaml")
    lines = [line for line in file.read_text().splitlines() if "previewEnvironments" not in line]
    file.write_text("\n".join(lines))
    status, facts = slipway("plan", "--pull-request", 7, "--release", "HEAD")
    assert status == 3
    assert "pull requests get no environment" in facts["error"]


def test_a_failed_update_is_what_the_comment_says(slipway, git, held, place, tmp_path):
    words = (
        "up",
        "--pull-request",
        7,
        "--release",
        git("rev-parse", "HEAD"),
        "--images",
        tmp_path,
        "--save",
        "saved",
    )
    status, facts = slipway(*words)
    assert status == 3
    assert "has no image of backend, chatbot-backend, chatbot-frontend" in facts["error"]
    assert "❌ the last update failed" in Path("saved/comment.md").read_text()


def test_the_sweep_removes_what_is_closed_or_old(slipway, place, github, monkeypatch):
    for number, state in ((1, "open"), (2, "closed"), (3, "open"), (4, "closed")):
        github.add_pull(number=number, state=state)
    place.add(1)
    place.add(2)
    place.add(3, age=timedelta(days=8))
    place.add(4, has_stack=False, updated=None, has_namespace=False, created=None, volumes=("pvc-1",))
    place.add(99)  # of no pull request at all
    status, facts = slipway("sweep")
    assert (status, facts["removed"], len(place.environments)) == (0, ["pr-2", "pr-3", "pr-4", "pr-99"], 5)
    status, facts = slipway("sweep", "--apply", "--save", "comments")
    assert (status, facts["leftovers"], list(place.environments)) == (0, [], [1])
    assert {path.parent.name for path in Path("comments").glob("*/comment.md")} == {"2", "3", "99"}
    assert "its last update was 8 days ago" in Path("comments/3/comment.md").read_text()


def test_the_sweep_keeps_what_is_redeployed_or_reopened_meanwhile(slipway, place, github, monkeypatch):
    for number in (1, 2, 3):
        github.add_pull(number=number, state="closed" if number == 3 else "open")
    for number in (1, 2, 3):
        place.add(number, age=timedelta(days=8))
    remove = place.remove

    def remove_slowly(found):
        if found.number == 1:
            place.add(2, images=("its new image",))
            place.add(3)
            github.pulls[2]["state"] = "open"
        return remove(found)

    monkeypatch.setattr(place, "remove", remove_slowly)
    status, facts = slipway("sweep", "--apply", "--save", "comments")
    assert (status, facts["removed"], list(place.environments)) == (0, ["pr-1"], [2, 3])
    assert [path.parent.name for path in Path("comments").glob("*/comment.md")] == ["1"]


def test_the_sweep_removes_nothing_for_an_unknown_repository(slipway, place, github):
    github.refused["GET", "/pulls"] = (404, "Not Found")
    place.add(1)
    status, facts = slipway("sweep", "--apply", "--repo", "acme/mistyped")
    assert (status, "404" in facts["error"], list(place.environments)) == (1, True, [1])


def test_the_sweep_removes_nothing_if_all_pull_requests_are_unknown(slipway, place, github):
    github.add_pull(number=1, state="open")
    place.add(2)
    place.add(3)
    status, facts = slipway("sweep", "--apply")
    assert (status, list(place.environments)) == (3, [2, 3])
    assert "acme/todo has no pull request #2, #3" in facts["error"]
    github.add_pull(number=2, state="closed")
    assert (slipway("sweep", "--apply")[0], place.environments) == (0, {})


def test_the_sweep_fails_with_what_is_left(slipway, place, github):
    github.add_pull(number=2, state="closed")
    place.add(2)
    place.stuck.add(2)
    status, facts = slipway("sweep", "--apply")
    assert (status, facts["removed"]) == (1, [])
    assert facts["leftovers"] == ["pr-2: the namespace: it does not go"]


def test_down_removes_one_and_fails_with_what_is_left(slipway, place):
    place.add(7)
    place.add(8)
    assert slipway("down", "--pull-request", 7, "--save", "saved")[0] == 0
    assert "🧹 removed" in Path("saved/comment.md").read_text()
    assert list(place.environments) == [8]
    assert slipway("down", "--pull-request", 7)[0] == 0
    place.stuck.add(8)
    assert slipway("down", "--pull-request", 8)[0] == 1


def test_nothing_is_said_of_an_environment_that_there_never_was(slipway, place, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    assert slipway("down", "--pull-request", 7, "--save", "saved")[0] == 0
    assert not Path("saved").exists()
    place.add(7)
    slipway("down", "--pull-request", 7, "--save", "saved")
    assert (tmp_path / "output").read_text() == "found=false\nfound=true\n"
    assert Path("saved/comment.md").exists()


def test_one_comment_is_edited_in_place(slipway, github):
    github.add_pull(number=7)
    for text in ("ready", "removed"):
        file = Path("comments/7/comment.md")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        assert slipway("comment", "comments")[0] == 0
    [comment] = github.comments
    assert comment["body"] == "<!-- slipway:preview-environment -->\nremoved"
