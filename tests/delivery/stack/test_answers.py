"""What another program prints in Pulumi's place, or Pulumi prints in part: an error with its first words."""

from __future__ import annotations

import json

import pytest

from delivery.stack.plan import PlanError, parse_plan
from delivery.stack.pulumi_cli import LockedError, PulumiError, parse_answer
from delivery.stack.pulumi_stack import STATE

NOT_JSON = [
    "",
    "a preview feature is on\n{}",
    '{"release": "x',
    "\x00\x01",
    "<html>502 Bad Gateway</html>",
    "[" * 100_000,
]
COMMANDS = {
    "stack history": [*NOT_JSON, "null", "{}", "7", "[7]", '[{"kind": 7}]', '[{"kind": "update", "result": null}]'],
    "stack output": [*NOT_JSON, "null", "[]", "7", '{"release": 7, "services": {}}', '{"release": "x", "services": 5}'],
    "stack export": [*NOT_JSON, "null", "[]", "{}", '{"deployment": []}', '{"deployment": {"resources": [7]}}',
                     '{"deployment": {"pending_operations": [{"type": "creating"}]}}'],
    "stack tag": [*NOT_JSON, "null", "[]", '{"slipway:hold": 7}'],
    "stack ls": [*NOT_JSON, "null", "{}", "[7]", '[{"name": null}]'],
}  # fmt: skip


@pytest.fixture
def stack(world):
    world.run("prod", 1)
    return world.stack("prod")


def ask(stack, command):
    return {
        "stack history": lambda: list(stack.history()),
        "stack output": stack.outputs,
        "stack export": stack.keep_cluster_minor,
        "stack tag": stack.tags,
        "stack ls": stack.locks,
    }[command]()


@pytest.mark.parametrize("command", COMMANDS)
def test_an_answer_that_is_not_as_expected_is_explained(world, stack, command):
    for answer in COMMANDS[command]:
        world.change(answers={command: answer})
        with pytest.raises(PulumiError, match="not as expected") as caught:
            ask(stack, command)
        assert len(str(caught.value)) < 600
        if answer.startswith("a preview"):
            assert "a preview feature is on" in str(caught.value)


@pytest.mark.parametrize("answer", ["", "null", "[]", "words", '{"steps": [', "[" * 100_000])
def test_a_preview_that_is_no_plan_is_explained(world, stack, answer):
    world.change(preview=None, answers={"preview --json": answer})
    with pytest.raises(PulumiError, match="printed no plan"):
        stack.preview(world.checkout.releases[0])


URN = "urn:pulumi:prod::slipway::digitalocean:index/vpc:Vpc::network"


@pytest.mark.parametrize(
    "content",
    [
        None, [], 7, {"steps": None}, {"steps": [None]}, {"steps": [{}]}, {"steps": [{"op": "update"}]},
        {"steps": [{"op": "update", "urn": "x"}]}, {"steps": [{"op": "update", "urn": URN, "newState": []}]},
        {"steps": [{"op": "update", "urn": URN, "newState": {"inputs": "x"}}]},
        {"steps": [{"op": "update", "urn": URN, "detailedDiff": ["a"]}]},
        {"steps": [], "changeSummary": {"same": "many"}}, {"steps": [], "diagnostics": [7]},
    ],
)  # fmt: skip
def test_a_malformed_plan_is_an_error_that_names_what_is_wrong(content):
    if content == {"steps": None}:  # as the CLI prints no steps
        assert parse_plan(content).steps == ()
        return
    with pytest.raises(PlanError, match="not the output of `pulumi preview --json`"):
        parse_plan(content)


def test_a_rollback_whose_preview_is_malformed_changes_nothing(world, slipway):
    world.run("prod", 1, 2)
    world.change(preview={"steps": [{"op": "update"}], "changeSummary": {}})
    status, said = slipway("stack", "rollback", "--stack", "prod", "--to", "previous")
    assert (status, "steps.0.urn: Field required" in said) == (1, True), said
    assert "up" not in world.commands()


def test_a_name_with_colons_is_read_whole():
    (step,) = parse_plan({"steps": [{"op": "delete", "urn": f"{URN}::eu::1"}]}).steps
    assert (step.type, step.name) == ("digitalocean:index/vpc:Vpc", "network::eu::1")


def test_no_secret_is_in_the_words_that_an_error_quotes():
    token = "dop_v1_" + "a" * 64
    with pytest.raises(PulumiError) as caught:
        parse_answer(f"signed in with {token}", STATE, "the state is")
    assert token not in str(caught.value)


@pytest.mark.parametrize(
    "command", ["status --stack prod", "rollback --stack prod --to previous --dry-run", "deploy --stack prod"]
)
def test_words_before_the_json_end_no_command_in_a_traceback(world, slipway, command):
    world.run("prod", 1, 2)
    world.change(answers={"stack output": "a preview feature is on\n" + json.dumps({})})
    status, said = slipway("stack", *command.split())
    assert (status, "a preview feature is on" in said, "unexpected" in said) == (1, True, False), said


CONFLICT = "Updating (prod):\nerror: [409] Conflict: Another update is currently in progress.\nTo learn more about …"


def test_an_update_in_progress_in_pulumi_cloud_counts_as_a_lock(world, slipway):
    """It is no failed release, so nothing is rolled back."""
    world.run("prod", 1)
    world.change(lock=CONFLICT, listed={"updateInProgress": True})
    status, said = slipway("stack", "deploy", "--stack", "prod", "--release", "HEAD")
    assert (status, "prod has an update in progress in Pulumi Cloud" in said) == (3, True), said
    assert "rolling prod back" not in said
    with pytest.raises(LockedError):
        world.stack("prod").up(world.checkout.releases[1], "deploy")


def test_unstick_says_what_it_can_of_pulumi_cloud(world, slipway):
    world.run("prod", 1)
    assert slipway("stack", "unstick", "--stack", "prod")[1] == "prod is not locked\n"
    world.change(listed={"updateInProgress": True})
    status, said = slipway("stack", "unstick", "--stack", "prod")
    assert (status, "`pulumi cancel --stack prod`" in said) == (1, True), said
    assert slipway("stack", "unstick", "--stack", "prod", "--apply")[0] == 3
    assert "cancel" not in world.commands()


@pytest.mark.parametrize(
    "text",
    [
        "    error: the stack is currently locked by ghosts",
        "backend: log: error: [409] Conflict: Another update is currently in progress",
    ],
)
def test_what_a_service_logs_is_no_lock(world, text):
    world.run("prod", 1)
    world.change(lock=f"{text}\nerror: update failed")
    with pytest.raises(PulumiError, match="update failed"):
        world.stack("prod").up(world.checkout.releases[1], "deploy")


def test_a_history_whose_pages_repeat_is_no_endless_loop(world, stack):
    record = world["stacks"]["prod"]["history"][0]
    world.change(answers={"stack history": json.dumps([record] * 50)})
    with pytest.raises(PulumiError, match="same page twice"):
        list(stack.history())
