from __future__ import annotations

import pytest

from delivery.github import checks
from delivery.github.checks import require_checks, require_ci_run
from delivery.github.tags import refuse_moved
from delivery.outcome import RefusedError
from tests.delivery.fake_github import SHA

NAMES = ("required-checks",)


def test_a_check_that_succeeded_is_enough(github):
    github.add_check()
    assert [run.name for run in require_checks(github.repository, SHA, NAMES)] == ["required-checks"]


@pytest.mark.parametrize(
    "conclusion", ["failure", "cancelled", "timed_out", "action_required", "stale", "neutral", "skipped"]
)
def test_any_other_conclusion_is_refused_with_its_address(github, conclusion):
    github.add_check(conclusion=conclusion)
    with pytest.raises(RefusedError, match=f"required-checks of f30a5a09a377 is {conclusion}: https://github.com/"):
        require_checks(github.repository, SHA, NAMES)


def test_a_check_at_work_is_refused(github):
    github.add_check(status="in_progress", conclusion=None)
    with pytest.raises(RefusedError, match="is in_progress still"):
        require_checks(github.repository, SHA, NAMES)


def test_a_commit_that_nobody_checked_is_refused(github):
    github.add_check(sha="0" * 40)
    with pytest.raises(RefusedError, match="no run of ci for this commit"):
        require_checks(github.repository, SHA, NAMES)


def test_a_check_that_another_app_set_does_not_count(github):
    github.add_check(app="evil-app")
    with pytest.raises(RefusedError, match="no run of ci for this commit"):
        require_checks(github.repository, SHA, NAMES)


def test_the_latest_run_of_a_check_counts(github):
    github.add_check(conclusion="failure")
    github.add_check(conclusion="success")
    require_checks(github.repository, SHA, NAMES)
    github.add_check(conclusion="failure")
    with pytest.raises(RefusedError, match="is failure"):
        require_checks(github.repository, SHA, NAMES)


def test_every_page_of_checks_is_read(github):
    github.add_check()
    for number in range(150):
        github.add_check(name=f"job {number}")
    github.checks.reverse()
    require_checks(github.repository, SHA, NAMES)


def test_checks_at_work_are_waited_for(github, monkeypatch):
    run = github.add_check(status="queued", conclusion=None)
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        run.update(status="completed", conclusion="success")

    monkeypatch.setattr(checks, "sleep", sleep)
    require_checks(github.repository, SHA, NAMES, wait_seconds=600)
    assert pauses == [checks.PAUSE_SECONDS]


def test_nobody_waits_for_a_check_that_failed(github, monkeypatch):
    github.add_check(conclusion="failure")
    monkeypatch.setattr(checks, "sleep", lambda _: pytest.fail("it waited"))
    with pytest.raises(RefusedError, match="is failure"):
        require_checks(github.repository, SHA, [*NAMES, "preview-checks"], wait_seconds=600)


def test_a_run_of_ci_for_the_push_to_a_protected_branch_is_enough(github, checkout, monkeypatch):
    monkeypatch.chdir(checkout.folder)
    run = github.add_run(conclusion="success")
    assert require_ci_run(github.repository, SHA).id == run["id"]


@pytest.mark.parametrize(
    "run",
    [
        {"conclusion": "failure"},
        {"conclusion": "cancelled"},
        {"event": "pull_request"},
        {"event": "workflow_dispatch"},
        {"head_branch": "mine"},
        {"path": ".github/workflows/mine.yml"},
        {"head_sha": "0" * 40},
    ],
    ids=lambda run: "{}={}".format(*next(iter(run.items()))),
)
def test_no_other_run_is_taken_for_ci_of_the_commit(github, checkout, monkeypatch, run):
    monkeypatch.chdir(checkout.folder)
    github.add_run(**{"conclusion": "success", **run})
    with pytest.raises(RefusedError, match="ci (for|of) f30a5a09a377"):
        require_ci_run(github.repository, SHA)


def test_the_latest_run_of_ci_counts(github, checkout, monkeypatch):
    monkeypatch.chdir(checkout.folder)
    github.add_run(78, conclusion="success", run_started_at="2026-11-20T07:00:00Z")
    github.add_run(79, conclusion="failure", run_started_at="2026-11-20T08:00:00Z")
    with pytest.raises(RefusedError, match="is failure"):
        require_ci_run(github.repository, SHA)


def record(version, release):
    return {"release.json": f'{{"version": "{version}", "release": "{release}"}}'}


@pytest.mark.parametrize("annotation", [None, "e" * 40])
def test_a_tag_that_is_where_it_was_is_taken(github, annotation):
    github.add_tag("v1.4.0", SHA, annotation)
    github.add_artifact("prod-release", record("v1.4.0", SHA), branch="main")
    refuse_moved(github.repository, "v1.4.0", SHA)


def test_a_tag_that_points_elsewhere_on_github_is_refused(github):
    github.add_tag("v1.4.0", "1" * 40)
    with pytest.raises(RefusedError, match="v1.4.0 points at 111111111111 on GitHub, not at f30a5a09a377"):
        refuse_moved(github.repository, "v1.4.0", SHA)


def test_a_tag_that_only_this_clone_has_is_refused(github):
    with pytest.raises(RefusedError, match=r"v1.4.0 is not a tag of https://github.com/acme/todo"):
        refuse_moved(github.repository, "v1.4.0", SHA)


def test_a_version_that_was_another_commit_is_refused(github):
    github.add_tag("v1.4.0", SHA)
    for number in range(120):
        github.add_artifact("prod-release", record(f"v1.3.{number}", "3" * 40), branch="main")
    github.artifacts.insert(0, {**github.artifacts[0], "expired": True})
    refuse_moved(github.repository, "v1.4.0", SHA)
    github.add_artifact("prod-release", record("v1.4.0", "2" * 40), branch="main", created="2026-01-01T00:00:00Z")
    with pytest.raises(RefusedError, match="v1.4.0 was 222222222222 when it was deployed"):
        refuse_moved(github.repository, "v1.4.0", SHA)


def test_what_a_fork_recorded_counts_for_nothing(github):
    github.add_tag("v1.4.0", SHA)
    github.add_artifact("prod-release", record("v1.4.0", "2" * 40), branch="main", head_repository=2)
    refuse_moved(github.repository, "v1.4.0", SHA)


@pytest.mark.parametrize("content", ["", "null", "[]", '{"version": "v1.4.0", "release": 5}', "{"])
def test_a_record_that_cannot_be_read_says_nothing(github, content):
    github.add_tag("v1.4.0", SHA)
    github.add_artifact("prod-release", {"release.json": content}, branch="main")
    refuse_moved(github.repository, "v1.4.0", SHA)


def test_the_command_asks_for_the_tag_and_the_checks_of_a_release(world, github, slipway):
    sha = world.checkout.releases[3]
    github.add_run(head_sha=sha, conclusion="success")
    status, said = slipway("ci", "checks", "--release", "v1.1.0")
    assert (status, "v1.1.0 is not a tag of" in said) == (3, True)
    github.add_tag("v1.1.0", sha)
    status, said = slipway("ci", "checks", "--release", "v1.1.0")
    assert (status, "no run of ci for this commit" in said) == (3, True)
    github.add_check(sha=sha)
    status, said = slipway("ci", "checks", "--release", "v1.1.0")
    assert (status, f"required-checks of {sha[:12]} succeeded" in said) == (0, True)
