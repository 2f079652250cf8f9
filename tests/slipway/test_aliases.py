from __future__ import annotations

import pytest

from slipway.aliases import AliasError, expand_alias, read_aliases

COMMANDS = {"run", "exec", "logs"}
SHELL = "run --service backend -- python -m app.shell"


def write(folder, text):
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_a_repository_without_the_table_has_no_aliases(tmp_path):
    assert read_aliases(tmp_path, COMMANDS) == {}
    assert read_aliases(write(tmp_path, "[project]\nname = 'x'\n"), COMMANDS) == {}


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
def test_options_go_to_slipway_and_what_follows_a_separator_to_the_command(tmp_path, arguments, expanded):
    text = f"[tool.slipway.aliases]\nshell = '{SHELL}'\nerrors = \"logs --grep 'status=5'\"\n"
    assert expand_alias(arguments, read_aliases(write(tmp_path, text), COMMANDS)) == expanded


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[tool.slipway.aliases]\nrun = 'logs'", "tool.slipway.aliases.run has the name of a command"),
        ("[tool.slipway.aliases]\nx = 1", "tool.slipway.aliases.x is not a command line; write it such as dbshell"),
        ("[tool.slipway.aliases]\nx = ' '", "tool.slipway.aliases.x is not a command line"),
        ("[tool.slipway.aliases]\nx = 'kubectl get'", "x: slipway has no command 'kubectl'"),
        ("[tool.slipway.aliases]\nx = 'run \"'", "tool.slipway.aliases.x: No closing quotation"),
        ("[tool.slipway]\naliases = ['x']", "tool.slipway.aliases is not a table"),
        ("[tool", "cannot read pyproject.toml"),
    ],
)
def test_an_alias_that_cannot_be_used_is_refused_with_its_key(tmp_path, text, problem):
    with pytest.raises(AliasError, match=problem):
        read_aliases(write(tmp_path, text), COMMANDS)
