from __future__ import annotations

import pytest

from slipway.aliases import AliasError, expand_alias, find_alias_problems

COMMANDS = {"run", "exec", "logs"}
SHELL = "run --service backend -- python -m app.shell"


def write(folder, text):
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_a_repository_without_the_table_has_no_aliases(tmp_path):
    for folder in (tmp_path, write(tmp_path, "[project]\nname = 'x'\n")):
        assert expand_alias(["shell", "-x"], folder, COMMANDS) == ["shell", "-x"]
        assert find_alias_problems(folder, COMMANDS) == []


@pytest.mark.parametrize(
    ("arguments", "expanded"),
    [
        (["shell"], ["run", "--service", "backend", "--", "python", "-m", "app.shell"]),
        (
            ["shell", "--stack", "prod"],
            ["run", "--service", "backend", "--stack", "prod", "--", "python", "-m", "app.shell"],
        ),
        (
            ["shell", "--stack", "prod", "--", "-c", "select 1"],
            ["run", "--service", "backend", "--stack", "prod", "--", "python", "-m", "app.shell", "-c", "select 1"],
        ),
        (["errors", "--since", "1h"], ["logs", "--grep", "status=5", "--since", "1h"]),
        (["run", "shell"], ["run", "shell"]),
        ([], []),
    ],
    ids=["alone", "option", "option-and-words", "no-separator", "not-first", "nothing"],
)
def test_words_after_a_separator_go_to_the_command_not_to_slipway(tmp_path, arguments, expanded):
    text = f"[tool.slipway.aliases]\nshell = '{SHELL}'\nerrors = \"logs --grep 'status=5'\"\n"
    assert expand_alias(arguments, write(tmp_path, text), COMMANDS) == expanded
    assert find_alias_problems(tmp_path, COMMANDS) == []


BAD = [
    ("x = 1", "tool.slipway.aliases.x is not a command line; write it such as dbshell"),
    ("x = ' '", "tool.slipway.aliases.x is not a command line"),
    ("x = 'kubectl get'", "x: slipway has no command 'kubectl'"),
    ("x = 'run \"'", "tool.slipway.aliases.x: No closing quotation"),
]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        *((f"[tool.slipway.aliases]\n{line}", problem) for line, problem in BAD),
        ("[tool.slipway]\naliases = ['x']", "tool.slipway.aliases is not a table"),
        ("tool = 'x'", "tool.slipway.aliases is not a table"),
        ("[tool", "cannot read pyproject.toml"),
    ],
)
def test_an_unusable_alias_is_refused_with_its_key_where_it_is_used(tmp_path, text, problem):
    with pytest.raises(AliasError, match=problem):
        expand_alias(["x"], write(tmp_path, text), COMMANDS)
    [found] = find_alias_problems(tmp_path, COMMANDS)
    assert problem in found


@pytest.mark.parametrize("text", ["[tool", "[tool.slipway.aliases]\nx = 1\nrun = 'logs'\nshell = 'logs'"])
def test_an_alias_that_cannot_be_used_stops_nothing_else(tmp_path, text):
    folder = write(tmp_path, text)
    assert expand_alias(["run", "x"], folder, COMMANDS) == ["run", "x"]
    assert expand_alias(["--help"], folder, COMMANDS) == ["--help"]
    assert text == "[tool" or expand_alias(["shell"], folder, COMMANDS) == ["logs"]


def test_every_alias_that_cannot_be_used_is_named(tmp_path):
    folder = write(tmp_path, "[tool.slipway.aliases]\nx = 1\nrun = 'logs'\n")
    first, second = find_alias_problems(folder, COMMANDS)
    assert "aliases.x is not a command line" in first
    assert "aliases.run has the name of a command of slipway, which runs instead" in second
