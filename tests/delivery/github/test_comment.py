from __future__ import annotations

import pytest

from delivery.github import comment as comments
from delivery.stack.plan import parse_plan
from delivery.stack.preview_summary import summary


@pytest.fixture
def files(tmp_path):
    made = [tmp_path / "staging.md", tmp_path / "prod.md"]
    made[0].write_text("### `staging`\nnothing changes")
    made[1].write_text("### `prod`\npassword in dop_v1_" + "a" * 64)
    return made


def test_several_texts_become_one_comment_without_secrets(github, slipway, files):
    words = ("ci", "comment", "--number", "5", "--purpose", "preview", *files)
    status, said = slipway(*words)
    assert (status, said) == (0, "https://github.com/acme/todo/pull/5#issuecomment-1\n")
    files[0].write_text("### `staging`\none update")
    assert slipway(*words)[0] == 0
    [comment] = github.comments
    assert comment["body"].startswith("<!-- slipway:preview -->\n")
    assert "one update" in comment["body"]
    assert "password in [redacted]" in comment["body"]


def test_comments_of_other_purposes_stay(github, slipway, files):
    slipway("ci", "comment", "--number", "5", "--purpose", "preview", files[0])
    slipway("ci", "comment", "--number", "5", "--purpose", "rehearsal", files[1])
    assert len(github.comments) == 2


def test_a_preview_that_never_came_is_said_and_no_old_comment_stays(github, slipway, files, tmp_path):
    words = ("ci", "comment", "--number", "5", "--purpose", "p")
    slipway(*words, files[0], files[1])
    assert slipway(*words, files[0], tmp_path / "prod/comment.md")[0] == 0
    [comment] = github.comments
    assert "### `prod`\n\n**No preview**: the run has the reason." in comment["body"]


def test_without_the_right_the_token_is_blamed(github, slipway, files):
    github.refused["POST", "/comments"] = (403, "Resource not accessible by integration")
    status, said = slipway("ci", "comment", "--number", "5", "--purpose", "preview", files[0])
    assert status == 5
    assert "Resource not accessible by integration; the token lacks the right to do this" in said


URN = "urn:pulumi:s::slipway::"


def preview_of(folder, stack, steps):
    """The comment of a preview, as `stack preview --save` writes it."""
    file = folder / stack / "comment.md"
    file.parent.mkdir(parents=True)
    file.write_text(summary(parse_plan({"steps": steps, "changeSummary": {}}), stack, "v1.0.0", None))
    return file


def update(number):
    inputs = {"detailedDiff": {"replicas": {}}, "oldState": {"inputs": {"replicas": 1}}}
    return {"op": "update", "urn": f"{URN}kubernetes:apps/v1:Deployment::svc-{number}", **inputs}


@pytest.mark.parametrize("count", [1000, 5000])
@pytest.mark.parametrize("order", [("staging", "prod"), ("prod", "staging")])
def test_prod_is_not_left_out_for_the_changes_of_staging(github, slipway, tmp_path, count, order):
    deletion = {"op": "delete", "urn": f"{URN}digitalocean:index/vpc:Vpc::net"}
    steps = {"staging": [update(number) for number in range(count)], "prod": [deletion]}
    files = [preview_of(tmp_path, stack, steps[stack]) for stack in order]
    assert slipway("ci", "comment", "--number", "7", "--purpose", "preview", *files)[0] == 0
    body = github.comments[0]["body"]
    assert len(body) <= 65_536
    for part in ("### `staging`", "### `prod`", "CAUTION", "svc-0", "- delete Vpc `net`"):
        assert part in body
    shown = body.count("- update Deployment `svc-")
    assert f"… and {count - shown} more: " in body


def test_destructive_changes_of_every_stack_come_before_any_other(github, slipway, tmp_path):
    deletions = [{"op": "delete", "urn": f"{URN}digitalocean:index/vpc:Vpc::net-{n}"} for n in range(300)]
    steps = [*deletions, *(update(number) for number in range(2000))]
    files = [preview_of(tmp_path, stack, steps) for stack in ("staging", "prod")]
    slipway("ci", "comment", "--number", "7", "--purpose", "preview", *files)
    body = github.comments[0]["body"]
    assert body.count("> - **deletes Vpc `net-299`**") == 2


def test_the_one_comment_of_a_machine_user_stays_one(github, slipway, files):
    github.login = "Acme-CI"
    github.add_comment(5, "<!-- slipway:preview -->\nquoted", user={"login": "bob", "id": 6, "type": "User"})
    github.add_comment(5, "<!-- slipway:preview -->\nold", user={"login": "acme-ci", "id": 5, "type": "User"})
    slipway("ci", "comment", "--number", "5", "--purpose", "preview", files[0])
    assert len(github.comments) == 2
    assert "nothing changes" in github.comments[1]["body"]


def test_the_comment_of_somebody_else_is_not_edited(github):
    github.login = None
    mallory = {"login": "mallory", "id": 7, "type": "User"}
    github.add_comment(5, "<!-- slipway:preview -->\nnothing changes", user=mallory)
    comments.write(github.repository, 5, "preview", "prod is deleted")
    assert [entry["user"]["login"] for entry in github.comments] == ["mallory", "github-actions[bot]"]
    comments.write(github.repository, 5, "preview", "prod is deleted, and more")
    assert len(github.comments) == 2


def test_comment_on_a_locked_conversation_fails_with_githubs_reason(github, slipway, files):
    """The error does not mention a missing permission."""
    github.locked.add(5)
    status, said = slipway("ci", "comment", "--number", "5", "--purpose", "preview", files[0])
    assert (status, "issue is locked." in said, "lacks the right" in said) == (1, True, False)
