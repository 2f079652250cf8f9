from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from delivery.github import backlog

BOTH = ("--stack", "prod", "--stack", "staging")


@pytest.fixture
def previewed(tmp_path):
    """Save what a preview of a stack said."""

    def save(stack, text="", **facts):
        folder = tmp_path / "preview" / stack
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plan.json").write_text(json.dumps({"stack": stack, "changed": False, "failed": False, **facts}))
        (folder / "comment.md").write_text(text)
        return folder.parent

    return save


def test_drift_opens_one_issue_updates_it_and_closes_it_at_the_end(github, slipway, previewed):
    previewed("staging")
    assert slipway("ci", "drift", *BOTH, previewed("prod", "one update", changed=True))[0] == 0
    assert slipway("ci", "drift", *BOTH, previewed("prod", "two updates", changed=True))[0] == 0
    [issue] = github.issues
    assert issue["title"] == "drift: prod differs from what it declares"
    assert "two updates" in issue["body"]
    assert (
        slipway("ci", "drift", *BOTH, previewed("prod"))[1]
        == "prod is as declared; #1 closed\nstaging is as declared\n"
    )
    assert issue["state"] == "closed"


def test_failed_nightly_preview_opens_an_issue(github, slipway, previewed):
    previewed("staging")
    slipway("ci", "drift", *BOTH, previewed("prod", "**The preview failed.**", failed=True))
    assert github.issues[0]["title"] == "drift: prod cannot be previewed"


def test_drift_issue_has_no_secret(github, slipway, previewed):
    previewed("staging")
    slipway("ci", "drift", *BOTH, previewed("prod", "token dop_v1_" + "a" * 64, changed=True))
    assert "dop_v1_" not in github.issues[0]["body"]


def test_missing_preview_opens_an_issue(github, slipway, previewed):
    assert slipway("ci", "drift", *BOTH, previewed("staging"))[0] == 0
    [issue] = github.issues
    assert issue["title"] == "drift: prod cannot be previewed"


@pytest.fixture
def merged(world, monkeypatch):
    """Staging ran release 2 two days ago; two more are merged since."""
    monkeypatch.setenv("GIT_COMMITTER_DATE", (datetime.now(UTC) - timedelta(days=2)).isoformat())
    for text in ("release 5", "release 6"):
        world.checkout.commit(text)
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    world.checkout.git("update-ref", "refs/remotes/origin/develop", "HEAD")
    return world


def evidence(world, release):
    outputs = world["releases"][world.checkout.releases[3]]
    facts = {"stack": "staging", "release": release, "version": None, "services": outputs["services"]}
    return {"release.json": json.dumps({**facts, "at": "2026-11-18T07:00:00Z", "run": None, "checked": True})}


def test_backlog_issue_lasts_until_commits_are_live(merged, github, slipway):
    github.add_artifact("staging-release", evidence(merged, merged.checkout.releases[3]))
    assert slipway("ci", "backlog")[0] == 0
    [issue] = github.issues
    assert "**2 merged to origin/develop more than a day ago, and not live:**" in issue["body"]
    assert "Backend: release 6" in issue["body"]
    github.add_artifact(
        "staging-release", evidence(merged, merged.checkout.releases[5]), created="2026-11-21T00:00:00Z"
    )
    assert slipway("ci", "backlog") == (0, "nothing waits; #1 closed\n")


def test_what_was_merged_today_is_given_time(world):
    world.checkout.git("update-ref", "refs/remotes/origin/develop", "HEAD")
    assert backlog.unreleased(world.checkout.releases[0], "origin/develop", world.checkout.folder) == []


def test_run_waiting_a_day_for_approval_is_reported(world, github, slipway):
    waiting = {"path": ".github/workflows/deploy.yml", "status": "waiting", "display_title": "v1.1.0"}
    github.add_run(5, **waiting, run_started_at=(datetime.now(UTC) - timedelta(hours=30)).isoformat())
    github.add_run(6, **waiting, run_started_at=(datetime.now(UTC) - timedelta(hours=3)).isoformat())
    assert slipway("ci", "backlog")[0] == 0
    body = github.issues[0]["body"]
    assert "v1.1.0 waits for approval since 30 h: https://github.com/acme/todo/actions/runs/5" in body
    assert "runs/6" not in body


def test_titles_mean_nothing_in_the_backlog():
    body = backlog.text(
        ["3f2a91c4d5e6 2026-11-01 Ask `@acme/everyone`"], ["Release for @acme/ops <!-- waits 30 h: u"], "develop"
    )
    assert "`@acme/everyone``" not in body.replace("``", "")
    assert body.count("`") % 2 == 0
    assert " `@acme" not in body
    assert "for @acme" not in body
    assert "<!--" not in body


def test_all_pages_of_waiting_runs_are_read_and_titles_are_ignored(world, github, slipway):
    since = (datetime.now(UTC) - timedelta(hours=30)).isoformat()
    waiting = {"path": ".github/workflows/deploy.yml", "status": "waiting", "run_started_at": since}
    for number in range(130):
        github.add_run(number + 1, **waiting, display_title="Ask @acme/ops #12 <!--")
    assert len(backlog.list_waiting(github.repository, "deploy.yml")) == 130
    assert slipway("ci", "backlog")[0] == 0
    body = github.issues[0]["body"].split("-->", 1)[1]
    assert "@acme" not in body
    assert "<!--" not in body
    assert "… and 120 more" in body


def test_the_title_of_an_issue_is_no_longer_than_github_takes(github, slipway, previewed):
    from delivery.github import tracking_issue

    problem = tracking_issue.Problem("p", "drift", "job " * 200 + "\nx", "text", "user name with spaces")
    tracking_issue.open_issue(github.repository, problem)
    assert len(github.issues[0]["title"]) <= 256


def test_a_long_preview_of_drift_fits_into_its_issue(github, slipway, previewed):
    previewed("staging")
    text = "### `prod`\n\n" + "\n".join(f"- update svc-{number} {'x' * 200}" for number in range(2000))
    assert slipway("ci", "drift", *BOTH, previewed("prod", text, changed=True))[0] == 0
    assert "svc-0" in github.issues[0]["body"]
    assert "'Drift'" in github.issues[0]["body"]


@pytest.mark.parametrize("loss", ["comment", "close"])
def test_an_issue_is_closed_though_an_answer_was_lost(github, monkeypatch, loss):
    from delivery.github import tracking_issue

    monkeypatch.setattr("delivery.github.client.sleep", lambda _: None)
    tracking_issue.open_issue(github.repository, tracking_issue.Problem("p", "drift", "drift", "text"))
    github.lost = 1 if loss == "comment" else 2
    assert tracking_issue.close_issues(github.repository, "drift", "p", "over") == [1]
    assert (github.issues[0]["state"], len(github.comments)) == ("closed", 1)


@pytest.mark.parametrize("content", ["null", "[]", "{", '{"changed": true}', "\x00"])
def test_a_saved_preview_of_another_form_is_named(github, slipway, previewed, content):
    folder = previewed("prod")
    (folder / "prod/plan.json").write_text(content)
    status, said = slipway("ci", "drift", "--stack", "prod", folder)
    assert (status, "is not what `slipway stack preview --save` writes" in said) == (5, True)
