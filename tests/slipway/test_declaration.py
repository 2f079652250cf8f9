from __future__ import annotations

import json
import shlex

import pytest

from delivery.outcome import MEANING
from slipway.declaration import ALWAYS
from tests.slipway.command_line import commands, parse

COMMANDS = [pytest.param(words, command, id=" ".join(words)) for words, command in commands()]


def test_there_are_commands():
    assert len(COMMANDS) > 25


@pytest.mark.parametrize(("words", "command"), COMMANDS)
def test_help_has_an_example_and_the_exit_statuses(slipway, words, command):
    status, out, _ = slipway(*words, "--help")
    assert (status, f"$ slipway {' '.join(words)}" in out) == (0, True), out
    for number in ALWAYS:
        assert f"{number:d}: {MEANING[number]}" in out


@pytest.mark.parametrize(("words", "command"), COMMANDS)
def test_every_example_is_a_command_line_that_is_taken(words, command):
    examples = command.callback.declaration.examples
    assert examples
    for example in examples:
        line = shlex.split(example.partition("  # ")[0].partition(" > ")[0])
        assert tuple(line[: len(words)]) == words
        parse(line)


@pytest.mark.parametrize(("words", "command"), COMMANDS)
def test_every_command_prints_json_on_request(words, command):
    assert "--json" in [option for parameter in command.params for option in parameter.opts]


@pytest.mark.parametrize(("words", "command"), COMMANDS)
def test_every_option_is_explained(words, command):
    assert [parameter.name for parameter in command.params if not parameter.help] == []


def test_logs_without_an_end_are_no_json_object(slipway):
    status, out, _ = slipway("logs", "--follow", "--json")
    assert (status, json.loads(out)["status"]) == (2, 2)
    assert "a JSON object has an end; leave one of them out" in out
