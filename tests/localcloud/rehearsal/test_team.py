"""The team's clone."""

from __future__ import annotations

import subprocess

import pytest

from localcloud.rehearsal.team import IDENTITY, Team


@pytest.fixture
def team(tmp_path):
    """A team with one commit."""
    made = Team(None, tmp_path, IDENTITY)
    subprocess.run(["git", "init", "-q", "-b", "develop", str(tmp_path)], check=True)
    made.commit("file", "one\n", "first")
    return made


def test_a_branch_is_forgotten_with_what_was_committed_and_left(team):
    before = team.git("rev-parse", "HEAD")
    with team.branch():
        team.commit("file", "two\n", "second")
        (team.folder / "file").write_text("not committed\n")
    assert (team.git("rev-parse", "HEAD"), team.git("branch", "--show-current")) == (before, "develop")
    assert (team.folder / "file").read_text() == "one\n"
    assert team.git("branch", "--list", "--format=%(refname:short)") == "develop"


def test_a_branch_is_forgotten_after_a_failure_too(team):
    def fail():
        with team.branch():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with team.branch():
        pass
    assert team.git("branch", "--show-current") == "develop"
