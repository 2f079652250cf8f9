"""Delivery's commands deploy, roll back and repair a stack that Pulumi's own CLI updates."""

from __future__ import annotations

import json

import pytest
import yaml
from pydantic import TypeAdapter

from delivery.stack import history_query
from delivery.stack.history import Update, find_digests, list_releases
from delivery.stack.lock import parse_locks
from delivery.stack.plan import parse_plan
from tests.delivery.real_stack import PASSPHRASE, SECRET, TOKEN, Ran
from tests.delivery.stack.command_sequence import STAGING

pytestmark = pytest.mark.timeout(600)


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
def test_users_get_the_release_after(sequence, command, release):
    assert sequence.results[command].status == 0, sequence.results[command].text
    assert sequence.running[f"{command}, staging"] == sequence.release(release)[:12]


def test_failed_update_is_followed_by_the_release_before(sequence):
    failed = sequence.results["failed deploy"]
    assert failed.status == 6, failed.text
    assert "(v1.1.0) failed on staging, and" in failed.text
    assert "(v1.0.0) runs again" in failed.text
    assert sequence.running["failed deploy, staging"] == sequence.release("two")[:12]


def test_history_is_read_past_the_clis_first_page(sequence, monkeypatch):
    listed = sequence.stack("stack", "status", *STAGING, "--history", "50").text.splitlines()
    deploys = [line for line in listed if line.startswith("    20")]
    assert len(deploys) == 15
    first_page = json.loads(sequence.stack.pulumi("stack", "history", "--json", *STAGING))
    assert len(first_page) == 10
    monkeypatch.setattr(history_query, "PAGE", 7)
    text = sequence.stack("stack", "status", *STAGING, "--history", "50").text
    assert text.splitlines() == listed
    assert len(sequence.stack("stack", "status", *STAGING, "--history", "3").text.splitlines()) == 2 + 3


def test_history_names_release_version_person_and_failure(sequence):
    lines = sequence.stack("stack", "status", *STAGING, "--history", "50").text.splitlines()
    assert lines[0] == f"staging: {sequence.release('seven')[:12]} (no version)"
    *_, failed, second, first = lines
    assert f"{sequence.release('one')[:12]}           Ada  deploy " in first
    assert f"{sequence.release('two')[:12]} v1.0.0    Ada  deploy " in second
    assert "FAILED" in failed
    assert [line.count("FAILED") for line in lines].count(1) == 1


def test_history_is_printed_as_json(sequence):
    text = sequence.stack("stack", "status", *STAGING, "--json", "--history", "1").text
    facts = json.loads(text)["stacks"]["staging"]
    assert facts["release"] == sequence.release("seven")
    assert [entry["sha"] for entry in facts["history"]] == [sequence.release("seven")]


def test_killed_update_leaves_a_lock_and_a_pending_operation(sequence):
    assert sequence.observations["pending"] == ["updating backend"]
    [lock] = parse_locks(sequence.observations["message about the lock"])
    left = json.loads(sequence.observations["lock"])
    assert (lock.user, lock.host, lock.pid) == (left["username"], left["hostname"], left["pid"])


@pytest.mark.parametrize("command", ["deploy of a locked stack", "unstick of a person's lock"])
def test_lock_of_a_person_is_named_and_stays(sequence, command):
    left = json.loads(sequence.observations["lock"])
    refused = sequence.results[command]
    assert refused.status == 3
    assert f"staging stays locked by {left['username']}@{left['hostname']} (process {left['pid']})" in refused.text
    assert sequence.running[f"{command}, staging"] == sequence.release("one")[:12]


def test_only_an_update_or_unstick_removes_a_dead_runners_lock(sequence):
    assert sequence.results["unstick without --apply"].status == 1
    assert sequence.observations["locks before --apply"] == 1
    assert "staging: lock removed" in sequence.results["deploy after the kill"].text
    assert sequence.results["unstick of a free stack"] == Ran(0, "staging is not locked\n")


def test_pending_operations_are_cleared_and_named_by_the_next_deploy(sequence):
    urn = "urn:pulumi:staging::slipway::digitalocean:index/vpc:Vpc::backend"
    assert f"cleared a pending operation of an update that was killed: updating {urn}" in (
        sequence.results["deploy after the kill"].text
    )


def test_a_pending_creation_is_refused_with_instructions(sequence):
    """The resource may exist in the cloud."""
    assert sequence.observations["pending creation"] == ["creating network"]
    refused = sequence.results["promotion after the kill"]
    assert refused.status == 3
    assert "urn:pulumi:prod::slipway::digitalocean:index/vpc:Vpc::network" in refused.text
    assert "pulumi refresh --stack prod --clear-pending-creates" in refused.text
    assert "Nothing was changed" in refused.text


def test_the_next_promotion_repeats_a_creation_that_a_person_cleared(sequence):
    assert sequence.observations["pending after the refresh"] == []
    assert sequence.results["promotion"].status == 0, sequence.results["promotion"].text
    assert sequence.running["promotion, prod"] == sequence.release("four")[:12]


def test_change_by_hand_is_drift_and_opens_one_issue(sequence):
    assert sequence.results["drift"].status == 1
    assert '`description`: `"changed by hand"` → ' in sequence.results["drift"].text
    assert sequence.observations["issue"]["title"] == "drift: staging differs from what it declares"
    assert sequence.observations["issue"]["state"] == "open"


def test_deploy_after_a_refresh_ends_drift_and_its_issue(sequence):
    assert sequence.results["no drift"].status == 0, sequence.results["no drift"].text
    assert "staging is as declared; #1 closed" in sequence.results["report of no drift"].text


def test_rollback_that_would_replace_what_holds_data_is_refused(sequence):
    refused = sequence.results["rollback that replaces"]
    assert refused.status == 3
    assert "would replace network; if that is intended: --allow-destructive" in refused.text
    assert sequence.running["rollback that replaces, staging"] == sequence.release("five")[:12]


def test_a_rollback_holds_the_stack_and_a_freeze_stops_persons_too(sequence):
    mark = json.loads(sequence.observations["tags"]["slipway:hold"])
    assert (mark["from"], mark["to"]) == (sequence.release("five")[:12], sequence.release("four")[:12])
    assert mark["by"] == "Ada"
    refused = sequence.results["automatic deploy while held"]
    assert (refused.status, "staging is held: Ada rolled it back" in refused.text) == (3, True), refused.text
    refused = sequence.results["deploy while frozen"]
    assert (refused.status, 'by Ada: "no" deploys; --until Monday' in refused.text) == (3, True), refused.text
    assert "  ! staging is frozen" in sequence.results["status while frozen"].text
    assert sequence.results["resume"].text.count("ended: ") == 2
    assert not sequence.observations["tags after resume"].keys() & {"slipway:hold", "slipway:freeze"}


def test_the_oldest_release_is_found_behind_more_than_ten_updates(sequence):
    assert len(sequence.observations["history"]) > 10
    oldest = sequence.results["oldest release"]
    assert (oldest.status, "would go back to" in oldest.text) == (0, True), oldest.text


def test_rollbacks_and_digests_are_read_from_the_recorded_config(sequence):
    """The CLI records the configuration of each update."""
    updates = TypeAdapter(list[Update]).validate_python(sequence.observations["history"])
    rollbacks = [update.rollback.from_release for update in updates if update.rollback]
    names = ["five", "two", "one", "two", "three", "three"]  # newest first
    assert rollbacks == [sequence.release(name) for name in names]
    digest = find_digests(updates, sequence.release("two"))["backend"]
    assert digest == sequence.observations["digest of two"]


def test_destroyed_stack_runs_nothing_and_has_nothing_to_roll_back(sequence):
    assert sequence.results["release of nothing"].text == "staging: nothing runs\n"
    assert sequence.results["rollback of nothing"].status == 3
    assert "staging runs nothing" in sequence.results["rollback of nothing"].text


@pytest.mark.parametrize("command", ["deploy", "rollback"])
def test_an_unverifiable_release_is_refused_before_any_change(sequence, command):
    refused = sequence.results[f"{command} without a URL"]
    assert refused.status == 3, refused.text
    assert "no service of staging has a URL" in refused.text
    assert "--url backend=https://…" in refused.text
    unknown = sequence.results[f"{command} with another service's URL"]
    assert unknown.status == 3, unknown.text
    assert "--url names shop, which staging does not have; it has backend" in unknown.text
    assert sequence.observations["updates by refused commands"] == 0


@pytest.mark.parametrize(
    ("name", "counts", "same"),
    [
        ("create", {"create": 2, "update": 0, "replace": 0, "delete": 0}, 0),
        ("update", {"create": 0, "update": 1, "replace": 0, "delete": 0}, 2),
        ("same", {"create": 0, "update": 0, "replace": 0, "delete": 0}, 3),
        ("replace", {"create": 0, "update": 1, "replace": 1, "delete": 0}, 1),
    ],
)
def test_preview_is_counted_as_the_cli_counts_it(sequence, name, counts, same):
    plan = parse_plan(sequence.previews[name])
    assert (plan.counts, plan.same, plan.errors) == (counts, same, ())
    assert plan.complete


def test_preview_names_what_changes_and_what_forces_a_replacement(sequence):
    (step,) = parse_plan(sequence.previews["update"]).steps
    (change,) = step.changes
    assert (step.title, change.path) == ("Vpc `backend`", "description")
    assert change.before == json.dumps(sequence.release("one")[:12])
    assert change.after == json.dumps(sequence.release("two")[:12])
    (replaced,) = [step for step in parse_plan(sequence.previews["replace"]).steps if step.kind == "replace"]
    assert (replaced.name, replaced.because, replaced.protected) == ("network", ("ipRange",), True)


def test_failed_preview_has_the_programs_own_message(sequence):
    assert any("slipway:owner is NOT OK" in error for error in parse_plan(sequence.previews["fail"]).errors)


def test_no_secret_is_printed_or_stored_in_the_clear(sequence):
    printed = "".join(result.text for result in sequence.results.values())
    stored = json.dumps([sequence.previews, sequence.observations["history"]]) + sequence.observations["state"]
    for secret in (PASSPHRASE, SECRET):
        assert secret not in printed + stored
    assert TOKEN not in printed
    assert "signed in with [redacted]" in sequence.results["first deploy"].text


def test_the_checkout_is_left_as_it_was(sequence):
    assert sequence.stack.git("status", "--porcelain") == ""
    assert sequence.stack.git("worktree", "list").count("\n") == 1  # of the killed promotion, in its temporary folder
    stack_file = yaml.safe_load((sequence.stack.checkout / "Pulumi.staging.yaml").read_text())
    assert stack_file["config"]["slipway:release"] == "HEAD"


def test_updates_that_the_cli_records_are_read_whole(sequence):
    updates = TypeAdapter(list[Update]).validate_python(sequence.observations["history"])
    assert {update.kind for update in updates} == {"update", "refresh", "destroy"}
    assert updates[0].resource_changes["update"] == 1
    assert updates[0].images in {"registry", "build:backend"}
    assert [each.sha for each in list_releases(updates, sequence.stack.checkout)][:2] == [
        sequence.release("seven"),
        sequence.release("five"),
    ]
