from __future__ import annotations

import pytest

from delivery.github.comment import LONGEST, fitted


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


def test_sections_that_do_not_fit_are_counted_never_halved():
    text = fitted("head", ["a" * 30_000, "b" * 29_000, "c" * 5_000, "d"], "elsewhere")
    assert len(text) < LONGEST
    assert "b" * 29_000 in text
    assert "c" not in text.replace("elsewhere", "")
    assert "… and 2 more: elsewhere" in text


def test_without_the_right_the_token_is_blamed(github, slipway, files):
    github.refused["POST", "/comments"] = (403, "Resource not accessible by integration")
    status, said = slipway("ci", "comment", "--number", "5", "--purpose", "preview", files[0])
    assert status == 5
    assert "Resource not accessible by integration; the token lacks the right to do this" in said
