"""What deploy.yml and rollback.yml ask: what goes where, who approved it, and what waits."""

from __future__ import annotations

import json

import pytest

from delivery.github import waiting_deploys

CHECK = ("ci", "check-approval", "--environment", "production")
CANCEL = ("ci", "cancel-waiting", "--stack", "prod", "--until-started", "rollback")


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    """The step's outputs, as a function that reads them."""
    file = tmp_path / "outputs"
    file.touch()
    monkeypatch.setenv("GITHUB_OUTPUT", str(file))
    return lambda: dict(line.partition("=")[::2] for line in file.read_text().splitlines())


@pytest.fixture
def merged(checkout):
    """A clone whose origin/develop has the first three releases."""
    checkout.git("update-ref", "refs/remotes/origin/develop", checkout.releases[2])
    return checkout


def test_a_merge_to_develop_goes_to_staging(merged, slipway, outputs):
    status, said = slipway("ci", "plan", "--pushed", "develop", "--release", merged.releases[2])
    assert status == 0, said
    assert outputs() == {"stack": "staging", "release": merged.releases[2], "version": ""}


def test_a_merge_to_main_goes_nowhere(merged, slipway, outputs):
    status, said = slipway("ci", "plan", "--pushed", "main", "--release", merged.releases[2])
    assert (status, outputs()["stack"]) == (0, "")
    assert "no stack runs the branch main" in said


def test_where_there_is_one_branch_its_merges_go_to_staging(merged, slipway, outputs):
    merged.write_branches("trunk")
    merged.git("update-ref", "refs/remotes/origin/trunk", merged.releases[2])
    status, said = slipway("ci", "plan", "--pushed", "trunk", "--release", merged.releases[2])
    assert (status, outputs()["stack"]) == (0, "staging"), said


def test_a_person_names_a_version(merged, slipway, outputs):
    assert slipway("ci", "plan", "--stack", "prod", "--release", "v1.0.0")[0] == 0
    assert outputs() == {"stack": "prod", "release": merged.releases[1], "version": "v1.0.0"}


def test_a_person_who_names_no_release_gets_the_newest_of_the_branch(merged, slipway, outputs):
    assert slipway("ci", "plan", "--stack", "staging")[0] == 0
    assert outputs()["release"] == merged.releases[2]


def test_the_requested_version_counts_where_a_commit_has_two(merged, slipway, outputs):
    merged.git("tag", "v1.0.1", merged.releases[1])
    assert slipway("ci", "plan", "--stack", "prod", "--release", "v1.0.0")[0] == 0
    assert outputs()["version"] == "v1.0.0"


def test_a_commit_within_a_pull_request_goes_nowhere(merged, slipway, outputs):
    merged.git("checkout", "-q", "-b", "change", merged.releases[2])
    inner = merged.commit("a change that the next one takes back")
    merged.commit("taken back")
    merged.git("checkout", "-q", "--detach", merged.releases[2])
    merged.git("merge", "-q", "--no-ff", "-m", "merge", "change")
    merged.git("update-ref", "refs/remotes/origin/develop", "HEAD")
    status, said = slipway("ci", "plan", "--stack", "staging", "--release", inner)
    assert (status, "only what was merged is deployed" in said) == (3, True), said
    assert slipway("ci", "plan", "--stack", "staging", "--release", "HEAD")[0] == 0


def test_a_release_that_nobody_merged_goes_nowhere(merged, slipway, outputs):
    status, said = slipway("ci", "plan", "--stack", "prod", "--release", "v1.1.0")
    assert status == 3
    assert "part of neither of origin/main, origin/develop" in said
    assert outputs() == {}


@pytest.mark.parametrize("text", ["", "on: push", "on: {push: {branches: []}}", "on: {push: {branches: ['**']}}"])
def test_branches_that_nobody_set_are_refused_with_the_place(merged, slipway, text):
    (merged.folder / ".github/workflows/ci.yml").write_text(text)
    status, said = slipway("ci", "plan", "--stack", "staging")
    assert status == 5
    assert ".github/workflows/ci.yml: on.push.branches" in said
    assert "such as [main, develop]" in said


def approve(github, *logins, state="approved", environment="production"):
    github.runs[0]["approvals"] = [
        {"state": state, "user": {"login": login, "id": 1}, "environments": [{"id": 1, "name": environment}]}
        for login in logins
    ]


@pytest.fixture
def run(github, monkeypatch):
    """A run of deploy.yml that ada started."""
    monkeypatch.setenv("GITHUB_RUN_ID", "77")
    return github.add_run(
        path=".github/workflows/deploy.yml", status="in_progress", triggering_actor={"login": "ada"}
    )


def pushed_by(github, login):
    """A run that release.yml had GitHub's bot start, right after a person pushed the tag."""
    bot = {"login": "github-actions[bot]", "type": "Bot"}
    github.runs[0].update(actor=bot, triggering_actor=bot, created_at="2026-11-20T09:00:30Z")
    person = {"login": login}
    github.add_run(
        78,
        path=".github/workflows/release.yml",
        event="push",
        head_branch="v1.4.0",
        created_at="2026-11-20T09:00:00Z",
        actor=person,
        triggering_actor=person,
    )


def test_someone_else_may_approve(run, github, slipway):
    approve(github, "bob")
    assert slipway(*CHECK) == (0, "approved by bob\nApproved by `bob`.\n")


def test_who_started_the_run_is_no_approver(run, github, slipway):
    approve(github, "ada")
    status, said = slipway(*CHECK)
    assert status == 3
    assert "ada approved the deploy and asked for it, too" in said


def test_who_pushed_the_tag_is_no_approver(run, github, slipway):
    pushed_by(github, "ada")
    approve(github, "ada")
    assert slipway(*CHECK, "--version", "v1.4.0")[0] == 3
    approve(github, "ada", "bob")
    assert slipway(*CHECK, "--version", "v1.4.0")[0] == 0


def test_an_approval_of_an_earlier_attempt_does_not_cover_ones_own(run, github, slipway):
    github.runs[0]["run_attempt"] = 2
    approve(github, "bob", "ada")
    status, said = slipway(*CHECK)
    assert (status, "ada, who asked for it, approved an attempt" in said) == (3, True), said
    approve(github, "bob")
    assert slipway(*CHECK)[0] == 0


def test_a_run_of_the_bot_for_a_tag_that_nobody_pushed_is_refused(run, github, slipway):
    pushed_by(github, "ada")
    approve(github, "bob")
    status, said = slipway(*CHECK, "--version", "v1.5.0")
    assert status == 3
    assert "no push of v1.5.0 is known to have asked for it" in said


def test_a_run_of_the_bot_long_after_the_push_of_its_tag_is_refused(run, github, slipway):
    pushed_by(github, "ada")
    github.runs[0]["created_at"] = "2026-11-23T09:00:00Z"
    approve(github, "bob")
    status, said = slipway(*CHECK, "--version", "v1.4.0")
    assert (status, "no push of v1.4.0 is known to have asked for it" in said) == (3, True), said


@pytest.mark.parametrize("review", [{"state": "rejected"}, {"environment": "staging"}])
def test_another_review_is_no_approval(run, github, slipway, review):
    approve(github, "bob", **review)
    status, said = slipway(*CHECK)
    assert status == 3
    assert "nobody approved the use of the environment production" in said
    assert 'write `APPROVALS: "off"` under `env:` of .github/workflows/deploy.yml' in said


@pytest.fixture
def rollback(github, monkeypatch):
    """A rollback whose job is in the queue, behind a deploy to prod that waits for an approval."""
    monkeypatch.setenv("GITHUB_RUN_ID", "90")
    monkeypatch.setattr(waiting_deploys, "PAUSE_SECONDS", 0.01)
    github.add_run(90, path=".github/workflows/rollback.yml", status="in_progress")
    github.add_job(90, "rollback", None)
    github.jobs[90][0]["status"] = "pending"
    return github.add_run(80, path=".github/workflows/deploy.yml", status="waiting", waits_for=["production"])


def test_waiting_deploys_are_cancelled_until_the_rollback_starts(rollback, github, slipway, monkeypatch):
    later = github.add_run(81, path=".github/workflows/deploy.yml", status="in_progress", waits_for=["production"])

    def pause(_):  # the second deploy begins to wait while the rollback is in the queue; then its turn comes
        if later["status"] == "in_progress":
            later["status"] = "waiting"
        else:
            github.jobs[90][0]["status"] = "in_progress"

    monkeypatch.setattr(waiting_deploys.time, "sleep", pause)
    status, said = slipway(*CANCEL)
    assert status == 0, said
    assert [run["conclusion"] for run in (rollback, later)] == ["cancelled", "cancelled"]
    assert said.count("cancelled, as it waited for an approval: https://github.com/acme/todo/actions/runs/8") >= 2


def test_a_deploy_to_another_stack_goes_on_waiting(rollback, github, slipway):
    rollback["waits_for"] = ["preview-prod"]
    github.jobs[90][0]["status"] = "waiting"
    status, said = slipway(*CANCEL)
    assert (status, rollback["status"]) == (0, "waiting")
    assert "no deploy to prod waits for an approval" in said


def test_a_cleanup_that_waits_in_the_same_queue_is_cancelled_too(rollback, github, slipway):
    rollback.update(path=".github/workflows/cleanup.yml", waits_for=["cleanup-prod"])
    github.jobs[90][0]["status"] = "waiting"
    assert slipway(*CANCEL)[0] == 0
    assert rollback["conclusion"] == "cancelled"


def test_a_run_that_ended_meanwhile_does_not_stop_the_others(rollback, github, slipway):
    github.refused[("POST", "/80/cancel")] = (409, "Cannot cancel a workflow run that is completed.")
    other = github.add_run(82, path=".github/workflows/deploy.yml", status="waiting", waits_for=["production"])
    github.jobs[90][0]["status"] = "waiting"
    status, said = slipway(*CANCEL)
    assert (status, other["conclusion"]) == (0, "cancelled"), said


def test_an_update_at_work_is_never_cancelled(rollback, github, slipway, monkeypatch):
    rollback["status"] = "in_progress"
    monkeypatch.setattr(waiting_deploys, "LONGEST_SECONDS", 0.0)
    status, said = slipway(*CANCEL)
    assert (status, rollback["status"]) == (0, "in_progress")
    assert "rollback waits for an update of prod that is at work" in said


@pytest.fixture
def evidence(world, slipway, tmp_path):
    """What staging's deploy of release 2 left."""
    folder = tmp_path / "e"
    assert slipway("stack", "deploy", "--stack", "staging", "--release", "v1.0.0", "--evidence", folder)[0] == 0
    return folder


def test_images_that_our_deploy_signed_may_go_to_production(evidence, github, slipway, cosign):
    status, said = slipway("ci", "verify-signatures", evidence)
    assert status == 0, said
    assert "is signed" in said


def test_an_image_that_nobody_signed_is_refused(evidence, github, slipway, cosign):
    cosign.write_text(json.dumps({"unsigned": True, "calls": []}))
    status, said = slipway("ci", "verify-signatures", evidence)
    assert status == 3
    assert "is not signed by this repository's deploy" in said


def test_evidence_of_an_image_elsewhere_is_refused(evidence, github, slipway, cosign):
    file = evidence / "release.json"
    content = json.loads(file.read_text())
    digest = content["services"]["backend"]["digest"]
    content["services"]["backend"]["image"] = f"ghcr.io/somebody/backend@{digest}"
    file.write_text(json.dumps(content))
    status, said = slipway("ci", "verify-signatures", evidence)
    assert status == 3
    assert "which is not in" in said
