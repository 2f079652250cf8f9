"""A team follows a page as a reader does, who has a shell for each stack."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace

import pytest

from localcloud.machine.command import CommandError, Commands
from localcloud.rehearsal.team import IDENTITY, Team

PAGE = """
## 1. One

```console
$ echo never
```

## 2. Two

```console
$ export HERE=kept
$ echo "$WHO $HERE"
shown, and no command
```

Elsewhere:

```console staging
$ echo "$WHO '$SECRET' ${HERE:-}"
$ WHO=nobody
```

```sh
echo for the reader
```

```console
$ echo "$WHO $HERE again"
```

## 3. Three
"""


@pytest.fixture
def team(instance, tmp_path):
    instance.create_folders()
    (instance.home / "rehearsal").mkdir()
    (tmp_path / "page.md").write_text(PAGE)
    account = SimpleNamespace(instance=instance, commands=Commands())

    def made(who):
        return Team(account, tmp_path, {"WHO": who, "SECRET": f"the {who}'s $ecret"})

    return made


def test_a_marked_block_runs_in_the_other_shell_and_the_rest_in_one(team, instance):
    team("prod").follow("page.md", "2. Two", shells={"staging": team("staging")})
    log = (instance.logs / "rehearsal.log").read_text()
    said = [line for line in log.splitlines() if not line.startswith(("+", "$"))]
    assert [line for line in said if line.endswith(("kept", "again"))] == [
        "prod kept",
        "staging 'the staging's $ecret' kept",
        "prod kept again",
    ]
    assert "export SECRET" not in log


def test_a_section_that_is_not_there_is_an_error(team):
    with pytest.raises(LookupError, match="no commands under '## 3. Three'"):
        team("prod").follow("page.md", "3. Three")


def test_a_command_that_fails_ends_it(team, tmp_path):
    (tmp_path / "page.md").write_text(PAGE.replace("$ WHO=nobody", "$ false"))
    with pytest.raises(CommandError):
        team("prod").follow("page.md", "2. Two", shells={"staging": team("staging")})


@pytest.fixture
def clone(tmp_path):
    """A team's clone, with one commit."""
    made = Team(None, tmp_path, IDENTITY)
    subprocess.run(["git", "init", "-q", "-b", "develop", str(tmp_path)], check=True)
    made.commit("file", "one\n", "first")
    return made


def test_a_branch_is_forgotten_with_what_was_committed_and_left(clone):
    before = clone.git("rev-parse", "HEAD")
    with clone.branch():
        clone.commit("file", "two\n", "second")
        (clone.folder / "file").write_text("not committed\n")
    assert (clone.git("rev-parse", "HEAD"), clone.git("branch", "--show-current")) == (before, "develop")
    assert (clone.folder / "file").read_text() == "one\n"
    assert clone.git("branch", "--list", "--format=%(refname:short)") == "develop"


def test_a_branch_is_forgotten_after_a_failure_too(clone):
    def fail():
        with clone.branch():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with clone.branch():
        pass
    assert clone.git("branch", "--show-current") == "develop"
