"""Delivery's commands on a stack that Pulumi's own CLI really updates: one sequence, run once, and what was seen of it."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest
import yaml
from pydantic import TypeAdapter

from delivery.stack import history_query
from delivery.stack.history import Update, find_digests, list_releases
from delivery.stack.lock import parse_locks
from delivery.stack.plan import parse_plan
from tests.delivery.fake_github import NAME, OWNER, FakeGitHub
from tests.delivery.real_stack import PASSPHRASE, SECRET, TOKEN, Ran, RealStack, real_stack
from tests.delivery.served import served

pytestmark = pytest.mark.timeout(600)
STAGING = ("--stack", "staging")
DRIFT = ("stack", "preview", *STAGING, "--live", "--refresh", "--expect-no-changes", "--save")


@dataclass
class Story:
    """What each command answered, what users saw after it, and previews as the CLI printed them."""

    stack: RealStack
    github: FakeGitHub
    ran: dict[str, Ran] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    previews: dict[str, dict] = field(default_factory=dict)
    seen: dict[str, object] = field(default_factory=dict)

    def do(self, name: str, *words: object) -> Ran:
        ran = self.ran[name] = self.stack(*words)
        for stack, users in self.stack.users.items():
            if f"{stack}-backend" in users.cloud.networks():
                self.runs[f"{name}, {stack}"] = users.tag
        return ran

    def preview(self, name: str) -> None:
        self.previews[name] = json.loads(
            self.stack.pulumi("preview", "--json", "--show-sames", *STAGING, check=False).partition("\nerror:")[0]
        )

    def release(self, name: str) -> str:
        return self.stack.releases[name]


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    github = FakeGitHub()
    with real_stack(tmp_path_factory.mktemp("real")) as stack, served(github.app()) as url:
        stack.environment |= {
            "GITHUB_API_URL": url, "GITHUB_REPOSITORY": f"{OWNER}/{NAME}", "GITHUB_TOKEN": "gh-token",
        }  # fmt: skip
        story = Story(stack, github)
        _first_deploys(story)
        _rollbacks(story)
        _killed_while_updating(story)
        _drift(story)
        _replacement(story)
        _holds(story)
        _killed_while_creating(story)
        _destroyed(story)
        _no_url(story)
        story.seen["history"] = stack.history("staging")
        story.seen["state"] = json.dumps(stack.state("staging"))
        yield story


def _first_deploys(story: Story) -> None:
    stack = story.stack
    stack.commit("one")
    story.preview("create")
    story.do("first deploy", "stack", "deploy", *STAGING)
    stack.commit("two", tag="v1.0.0")
    story.preview("update")
    story.do("second deploy", "stack", "deploy", *STAGING)
    outputs = json.loads(stack.pulumi("stack", "output", "--json", *STAGING))
    story.seen["digest of two"] = outputs["services"]["backend"]["digest"]
    story.preview("same")
    stack.commit("three", tag="v1.1.0")
    stack.cloud.fail("PUT", "/v2/vpcs")
    story.do("failed deploy", "stack", "deploy", *STAGING)
    story.do("third deploy", "stack", "deploy", *STAGING)


def _rollbacks(story: Story) -> None:
    for name, to in {
        "rollback to previous": "previous",
        "second rollback": "previous",
        "rollback to a version": "v1.0.0",
        "rollback to a commit": story.release("one")[:9],
    }.items():
        story.do(name, "stack", "rollback", *STAGING, "--to", to)


def _killed_while_updating(story: Story) -> None:
    stack = story.stack
    stack.commit("four")
    stack.kill_half_way("PUT", "stack", "deploy", *STAGING)
    story.seen["pending"] = stack.pending("staging")
    (lock,) = stack.locks("staging")
    story.seen["lock"] = lock.read_text()
    story.do("deploy of a locked stack", "stack", "deploy", *STAGING)
    story.do("unstick of a person's lock", "stack", "unstick", *STAGING, "--apply")
    story.seen["words of the CLI"] = stack.pulumi("stack", "rename", "staging", *STAGING, check=False)
    # As a runner would have left it.
    lock.write_text(json.dumps({**json.loads(lock.read_text()), "username": "runner"}))
    story.do("unstick without --apply", "stack", "unstick", *STAGING)
    story.seen["locks before --apply"] = len(stack.locks("staging"))
    story.do("deploy after the kill", "stack", "deploy", *STAGING)
    story.do("unstick of a free stack", "stack", "unstick", *STAGING)


def _drift(story: Story) -> None:
    stack, folder = story.stack, story.stack.folder / "drift"
    vpc = stack.cloud.networks()["staging-backend"]
    stack.cloud.do("PUT", f"/v2/vpcs/{vpc['id']}", {"name": vpc["name"], "description": "changed by hand"})
    story.do("drift", *DRIFT, folder / "staging")
    story.do("report of drift", "ci", "drift", *STAGING, folder)
    story.seen["issue"] = dict(story.github.issues[0])
    stack.pulumi("refresh", "--yes", "--skip-preview", *STAGING)
    story.do("deploy of what runs", "stack", "deploy", *STAGING)
    story.do("no drift", *DRIFT, folder / "staging")
    story.do("report of no drift", "ci", "drift", *STAGING, folder)


def _replacement(story: Story) -> None:
    stack = story.stack
    stack.commit("five", range="10.2.0.0/20")
    story.preview("replace")
    story.do("deploy that replaces", "stack", "deploy", *STAGING)
    story.do("rollback that replaces", "stack", "rollback", *STAGING, "--to", "previous")
    story.do("allowed rollback", "stack", "rollback", *STAGING, "--to", "previous", "--allow-destructive")


def _holds(story: Story) -> None:
    """The stack is held by the rollback before."""
    stack = story.stack
    stack.git("update-ref", "refs/remotes/origin/develop", "HEAD")
    story.seen["tags"] = json.loads(stack.pulumi("stack", "tag", "ls", "--json", *STAGING))
    story.do("automatic deploy while held", "stack", "deploy", *STAGING, "--automatic")
    story.do("freeze", "stack", "freeze", *STAGING, "--reason", '"no" deploys; --until Monday')
    story.do("deploy while frozen", "stack", "deploy", *STAGING)
    story.do("status while frozen", "stack", "status", *STAGING)
    story.do("resume", "stack", "resume", *STAGING)
    story.seen["tags after resume"] = json.loads(stack.pulumi("stack", "tag", "ls", "--json", *STAGING))
    # The CLI has more than ten by now, and shows ten unless asked.
    with patch("delivery.stack.history_query.PAGE", 4):
        story.do("oldest release", "stack", "rollback", *STAGING, "--to", story.release("one"), "--dry-run")


def _killed_while_creating(story: Story) -> None:
    stack = story.stack
    promote = ("stack", "promote", "--release", story.release("four"))
    stack.kill_half_way("POST", *promote)
    story.seen["pending creation"] = stack.pending("prod")
    stack.pulumi("cancel", "--yes", "prod")
    refused = story.do("promotion after the kill", *promote)
    # It did not reach the cloud: the person does as the refusal says.
    (command,) = [line for line in refused.text.splitlines() if line.startswith("  pulumi refresh")]
    stack.pulumi(*shlex.split(command)[1:], "--yes", "--skip-preview")
    story.seen["pending after the refresh"] = stack.pending("prod")
    story.do("promotion", *promote)


def _destroyed(story: Story) -> None:
    story.stack.pulumi("destroy", "--yes", "--skip-preview", *STAGING)
    story.do("release of nothing", "stack", "status", *STAGING)
    story.do("rollback of nothing", "stack", "rollback", *STAGING, "--to", "previous")
    story.do("deploy after destroy", "stack", "deploy", *STAGING)


def _no_url(story: Story) -> None:
    stack = story.stack
    url = f"backend={stack.users['staging'].url}"
    stack.commit("six", url=False, error="slipway:owner is NOT OK")
    story.preview("fail")
    stack.commit("seven", url=False)
    story.do("deploy with --url", "stack", "deploy", *STAGING, "--url", url)
    before = len(stack.history("staging"))
    story.do("deploy without a URL", "stack", "deploy", *STAGING)
    story.do("rollback without a URL", "stack", "rollback", *STAGING, "--to", "previous")
    story.do("deploy with another service's URL", "stack", "deploy", *STAGING, "--url", "shop=http://127.0.0.1:1")
    story.do(
        "rollback with another service's URL",
        "stack",
        "rollback",
        *STAGING,
        "--to",
        "previous",
        "--url",
        "shop=http://x",
    )
    story.seen["updates by refused commands"] = len(stack.history("staging")) - before


@pytest.mark.parametrize(
    ("command", "release"),
    [
        ("first deploy", "one"),
        ("second deploy", "two"),
        ("third deploy", "three"),
        ("rollback to previous", "two"),
        ("second rollback", "one"),  # not three, which was rolled back from
        ("rollback to a version", "two"),
        ("rollback to a commit", "one"),
        ("deploy after the kill", "four"),
        ("deploy of what runs", "four"),
        ("deploy that replaces", "five"),
        ("allowed rollback", "four"),
        ("deploy after destroy", "five"),
        ("deploy with --url", "seven"),
    ],
)
def test_users_get_the_release_after(story, command, release):
    assert story.ran[command].status == 0, story.ran[command].text
    assert story.runs[f"{command}, staging"] == story.release(release)[:12]


def test_failed_update_is_followed_by_the_release_before(story):
    failed = story.ran["failed deploy"]
    assert failed.status == 6, failed.text
    assert "(v1.1.0) failed on staging, and" in failed.text
    assert "(v1.0.0) runs again" in failed.text
    assert story.runs["failed deploy, staging"] == story.release("two")[:12]


def test_history_is_read_past_the_clis_first_page(story, monkeypatch):
    listed = story.stack("stack", "status", *STAGING, "--history", "50").text.splitlines()
    deploys = [line for line in listed if line.startswith("    20")]
    assert len(deploys) == 15
    assert len(json.loads(story.stack.pulumi("stack", "history", "--json", *STAGING))) == 10  # unless asked for more
    monkeypatch.setattr(history_query, "PAGE", 7)
    text = story.stack("stack", "status", *STAGING, "--history", "50").text
    assert text.splitlines() == listed
    assert len(story.stack("stack", "status", *STAGING, "--history", "3").text.splitlines()) == 2 + 3


def test_history_names_release_version_person_and_failure(story):
    lines = story.stack("stack", "status", *STAGING, "--history", "50").text.splitlines()
    assert lines[0] == f"staging: {story.release('seven')[:12]} (no version)"
    *_, failed, second, first = lines
    assert f"{story.release('one')[:12]}           Ada  deploy " in first
    assert f"{story.release('two')[:12]} v1.0.0    Ada  deploy " in second
    assert "FAILED" in failed
    assert [line.count("FAILED") for line in lines].count(1) == 1


def test_history_is_there_for_programs(story):
    facts = json.loads(story.stack("stack", "status", *STAGING, "--json", "--history", "1").text)["stacks"]["staging"]
    assert facts["release"] == story.release("seven")
    assert [entry["sha"] for entry in facts["history"]] == [story.release("seven")]


def test_killed_update_leaves_a_lock_and_a_pending_operation(story):
    assert story.seen["pending"] == ["updating backend"]
    [lock] = parse_locks(story.seen["words of the CLI"])
    left = json.loads(story.seen["lock"])
    assert (lock.user, lock.host, lock.pid) == (left["username"], left["hostname"], left["pid"])


@pytest.mark.parametrize("command", ["deploy of a locked stack", "unstick of a person's lock"])
def test_lock_of_a_person_is_named_and_stays(story, command):
    left = json.loads(story.seen["lock"])
    ran = story.ran[command]
    assert ran.status == 3
    assert f"staging stays locked by {left['username']}@{left['hostname']} (process {left['pid']})" in ran.text
    assert story.runs[f"{command}, staging"] == story.release("one")[:12]


def test_only_an_update_or_unstick_removes_a_dead_runners_lock(story):
    assert story.ran["unstick without --apply"].status == 1
    assert story.seen["locks before --apply"] == 1
    assert "staging: lock removed" in story.ran["deploy after the kill"].text
    assert story.ran["unstick of a free stack"] == Ran(0, "staging is not locked\n")


def test_pending_operations_are_cleared_and_named_by_the_next_deploy(story):
    urn = "urn:pulumi:staging::slipway::digitalocean:index/vpc:Vpc::backend"
    assert f"cleared a pending operation of an update that was killed: updating {urn}" in (
        story.ran["deploy after the kill"].text
    )


def test_a_pending_creation_is_refused_with_instructions(story):
    """The resource may exist in the cloud."""
    assert story.seen["pending creation"] == ["creating network"]
    refused = story.ran["promotion after the kill"]
    assert refused.status == 3
    assert "urn:pulumi:prod::slipway::digitalocean:index/vpc:Vpc::network" in refused.text
    assert "pulumi refresh --stack prod --clear-pending-creates" in refused.text
    assert "Nothing was changed" in refused.text


def test_the_next_promotion_repeats_a_creation_that_a_person_cleared(story):
    assert story.seen["pending after the refresh"] == []
    assert story.ran["promotion"].status == 0, story.ran["promotion"].text
    assert story.runs["promotion, prod"] == story.release("four")[:12]


def test_change_by_hand_is_drift_and_opens_one_issue(story):
    assert story.ran["drift"].status == 1
    assert '`description`: `"changed by hand"` → ' in story.ran["drift"].text
    assert story.seen["issue"]["title"] == "drift: staging differs from what it declares"
    assert story.seen["issue"]["state"] == "open"


def test_deploy_after_a_refresh_ends_drift_and_its_issue(story):
    assert story.ran["no drift"].status == 0, story.ran["no drift"].text
    assert "staging is as declared; #1 closed" in story.ran["report of no drift"].text


def test_rollback_that_would_replace_what_holds_data_is_refused(story):
    refused = story.ran["rollback that replaces"]
    assert (refused.status, "would replace network; if that is intended: --allow-destructive" in refused.text) == (
        3,
        True,
    )
    assert story.runs["rollback that replaces, staging"] == story.release("five")[:12]


def test_a_rollback_holds_the_stack_and_a_freeze_stops_persons_too(story):
    mark = json.loads(story.seen["tags"]["slipway:hold"])
    assert (mark["from"], mark["to"], mark["by"]) == (story.release("five")[:12], story.release("four")[:12], "Ada")
    refused = story.ran["automatic deploy while held"]
    assert (refused.status, "staging is held: Ada rolled it back" in refused.text) == (3, True), refused.text
    refused = story.ran["deploy while frozen"]
    assert (refused.status, 'by Ada: "no" deploys; --until Monday' in refused.text) == (3, True), refused.text
    assert "  ! staging is frozen" in story.ran["status while frozen"].text
    assert story.ran["resume"].text.count("ended: ") == 2
    assert not story.seen["tags after resume"].keys() & {"slipway:hold", "slipway:freeze"}


def test_the_oldest_release_is_found_behind_more_than_ten_updates(story):
    assert len(story.seen["history"]) > 10
    oldest = story.ran["oldest release"]
    assert (oldest.status, "would go back to" in oldest.text) == (0, True), oldest.text


def test_rollbacks_and_digests_are_read_from_the_recorded_config(story):
    """The CLI records the configuration of each update."""
    updates = TypeAdapter(list[Update]).validate_python(story.seen["history"])
    rollbacks = [update.rollback.from_release for update in updates if update.rollback]
    names = ["five", "two", "one", "two", "three", "three"]  # newest first
    assert rollbacks == [story.release(name) for name in names]
    digest = find_digests(updates, story.release("two"))["backend"]
    assert digest == story.seen["digest of two"]


def test_destroyed_stack_runs_nothing_and_has_nothing_to_roll_back(story):
    assert story.ran["release of nothing"].text == "staging: nothing runs\n"
    assert story.ran["rollback of nothing"].status == 3
    assert "staging runs nothing" in story.ran["rollback of nothing"].text


@pytest.mark.parametrize("command", ["deploy", "rollback"])
def test_an_unverifiable_release_is_refused_before_any_change(story, command):
    refused = story.ran[f"{command} without a URL"]
    assert refused.status == 3, refused.text
    assert "no service of staging has a URL" in refused.text
    assert "--url backend=https://…" in refused.text
    unknown = story.ran[f"{command} with another service's URL"]
    assert unknown.status == 3, unknown.text
    assert "--url names shop, which staging does not have; it has backend" in unknown.text
    assert story.seen["updates by refused commands"] == 0


@pytest.mark.parametrize(
    ("name", "counts", "same"),
    [
        ("create", {"create": 2, "update": 0, "replace": 0, "delete": 0}, 0),
        ("update", {"create": 0, "update": 1, "replace": 0, "delete": 0}, 2),
        ("same", {"create": 0, "update": 0, "replace": 0, "delete": 0}, 3),
        ("replace", {"create": 0, "update": 1, "replace": 1, "delete": 0}, 1),
    ],
)
def test_preview_is_counted_as_the_cli_counts_it(story, name, counts, same):
    plan = parse_plan(story.previews[name])
    assert (plan.counts, plan.same, plan.errors) == (counts, same, ())
    assert plan.complete


def test_preview_names_what_changes_and_what_forces_a_replacement(story):
    (step,) = parse_plan(story.previews["update"]).steps
    (change,) = step.changes
    assert (step.title, change.path) == ("Vpc `backend`", "description")
    assert change.before == json.dumps(story.release("one")[:12])
    assert change.after == json.dumps(story.release("two")[:12])
    (replaced,) = [step for step in parse_plan(story.previews["replace"]).steps if step.kind == "replace"]
    assert (replaced.name, replaced.because, replaced.protected) == ("network", ("ipRange",), True)


def test_failed_preview_has_the_programs_own_words(story):
    assert any("slipway:owner is NOT OK" in error for error in parse_plan(story.previews["fail"]).errors)


def test_no_secret_is_printed_or_kept_in_the_clear(story):
    text = (
        "".join(ran.text for ran in story.ran.values())
        + json.dumps(story.previews)
        + json.dumps(story.seen["history"])
    )
    for secret in (PASSPHRASE, SECRET):
        assert secret not in text + story.seen["state"]
    assert TOKEN not in "".join(ran.text for ran in story.ran.values())
    assert "signed in with [redacted]" in story.ran["first deploy"].text


def test_the_checkout_is_left_as_it_was(story):
    assert story.stack.git("status", "--porcelain") == ""
    assert story.stack.git("worktree", "list").count("\n") == 1  # of the killed promotion, in its temporary folder
    assert (
        yaml.safe_load((story.stack.checkout / "Pulumi.staging.yaml").read_text())["config"]["slipway:release"]
        == "HEAD"
    )


def test_updates_that_the_cli_records_are_read_whole(story):
    updates = TypeAdapter(list[Update]).validate_python(story.seen["history"])
    assert {update.kind for update in updates} == {"update", "refresh", "destroy"}
    assert updates[0].resource_changes["update"] == 1
    assert updates[0].images in {"registry", "build:backend"}
    assert [each.sha for each in list_releases(updates, story.stack.checkout)][:2] == [
        story.release("seven"),
        story.release("five"),
    ]
