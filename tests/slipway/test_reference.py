from __future__ import annotations

from pathlib import Path

from slipway.reference import create_page
from tests.slipway.command_line import commands

PAGE = Path(__file__).parents[2] / "docs/reference/cli.md"


def test_the_page_is_what_the_commands_say():
    assert PAGE.read_text() == create_page(), "run `make reference`"


def test_every_command_has_a_section():
    text = PAGE.read_text()
    assert [
        words for words, _ in commands() if f"\n{'#' * (len(words) + 1)} slipway {' '.join(words)}\n" not in text
    ] == []
