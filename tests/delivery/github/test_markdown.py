from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from delivery.github.markdown import Section, cell, code, escape, fence, fit, link, split, strip_codes, title

# What GitHub gives a meaning to.
NASTY = ("@acme/ops", "<!--", "-->", "#12", "`", "``", "\n\n# x", "GH-7", "https://a.example/x", "www.a.example")
TEXT = st.lists(st.sampled_from([*NASTY, "a", " ", "*b*", "[x](https://b.example)", "<b>", "|", "\\", "~~s~~"])).map(
    "".join
)


def tokens(markdown):
    [paragraph] = [token for token in MarkdownIt("gfm-like", {"linkify": False}).parse(markdown) if token.children]
    return paragraph.children


@given(TEXT)
def test_code_is_one_piece_of_code_whatever_it_holds(text):
    kinds = [token.type for token in tokens(f"x {code(text)} y")]
    assert kinds == ["text", "code_inline", "text"]


@given(TEXT)
def test_escaped_text_is_text(text):
    parts = tokens(f"x {escape(text)} y")
    assert {token.type for token in parts} <= {"text", "text_special"}
    shown = "".join(token.content for token in parts)
    for meaning in ("@acme", "#12", "GH-7", "https://", "www.a"):
        assert meaning not in shown
    assert shown.replace("\u200b", "") == f"x {' '.join(text.split())} y"


@pytest.mark.parametrize("text", ["# title", "1. item", "- item", "+ item", "=== x", "> quote", "12) x"])
def test_escaped_text_begins_no_block(text):
    [block] = [token for token in MarkdownIt("gfm-like", {"linkify": False}).parse(escape(text)) if token.children]
    assert block.children[0].content.replace("\u200b", "") == text or block.children[0].type == "text"
    assert MarkdownIt("gfm-like", {"linkify": False}).parse(escape(text))[0].type == "paragraph_open"


@given(TEXT)
def test_a_fence_holds_all_of_its_text(text):
    [block] = MarkdownIt().parse(fence(text))
    assert (block.type, block.content) == ("fence", text + "\n")


def test_terminal_codes_and_overwritten_text_are_removed():
    """The last state of an overwritten line stays."""
    assert (
        strip_codes("\x1b[31mE\x1b[0m \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\r\n10%\r100%\nb\x1b")
        == "E link\n100%\nb"
    )


def test_a_link_only_leads_to_http():
    assert link("x", "https://a.example/b(1)") == "[x](<https://a.example/b(1)>)"
    assert link("x", "javascript:alert(1)") == "x"
    assert link("x", "https://a.example/>) @team") == "x"


def test_a_cell_stays_a_cell():
    assert cell(f"{code('a|b')}\nc") == r"`a\|b` c"


def test_a_title_is_one_line_that_github_takes():
    assert len(title("a\nb" * 200)) <= 256
    assert "\n" not in title("a\nb")


def test_every_head_stays_and_short_bodies_stay_whole():
    sections = [
        Section("### staging", [f"- change {n} {'x' * 80}" for n in range(1000)]),
        Section("### prod CAUTION", ["- delete vpc"]),
    ]
    text = fit("head", sections, "the run", 5_000)
    assert len(text) <= 5_000
    assert all(
        part in text for part in ("### staging", "change 0 ", "### prod CAUTION", "- delete vpc", "more: the run")
    )


def test_the_end_of_a_log_stays():
    section = Section("**lint**", [*("x" * 300 for _ in range(500)), "##[error]exit code 1"], "text", newest=True)
    text = fit("", [section, section], "the run", 3_000)
    assert len(text) <= 3_000
    assert text.count("##[error]exit code 1") == 2


@given(
    st.lists(
        st.builds(
            Section,
            st.text("ab`\n", max_size=300),
            st.lists(st.text("xy` ", max_size=900), max_size=30),
            st.sampled_from([None, "text"]),
            st.booleans(),
        ),
        max_size=40,
    ),
    st.text("h\n", max_size=4_000),
    st.integers(2_000, 6_000),
)
def test_no_document_is_longer_than_it_may_be(sections, head, longest):
    assert len(fit(head, sections, "the run", longest)) <= longest


def test_a_text_is_split_at_list_entries_and_never_within_code():
    section = split("### prod\n> [!CAUTION]\n```text\n- not an entry\n```\n- one\n  - part\n- two\n")
    assert section.head == "### prod\n> [!CAUTION]\n```text\n- not an entry\n```\n"
    assert section.body == ["- one\n  - part", "- two"]


def test_a_long_head_keeps_its_first_lines_and_closes_its_code_block():
    text = fit("```text\n" + "line\n" * 1000 + "```", [Section("### prod")], "the run", 1_000)
    assert text.startswith("```text\nline\n")
    assert "```\n\n… and" in text
    assert "### prod" in text


def test_of_a_line_that_is_too_long_its_beginning_stays():
    text = fit(
        "", [Section("**build**", ["x" * 70_000, "##[error]exit code 1"], "text", newest=True)], "the run", 2_000
    )
    assert "x" * 400 in text
    assert "##[error]exit code 1" in text


def test_long_bodies_share_the_room():
    bodies = [[f"- {stack} {number} {'x' * 80}" for number in range(500)] for stack in ("staging", "prod")]
    text = fit("", [Section("### staging", bodies[0]), Section("### prod", bodies[1])], "the run", 20_000)
    counts = [text.count("- staging "), text.count("- prod ")]
    assert min(counts) > 80
    assert max(counts) - min(counts) <= 5
