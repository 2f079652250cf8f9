from __future__ import annotations

import pytest

from delivery.github.branches import Branches, read_branches
from delivery.outcome import MissingError


def test_branches_are_those_that_ci_runs_for(checkout):
    assert read_branches(checkout.folder) == Branches(staging="develop", production="main")


def test_a_repository_with_one_branch_names_it_once(checkout):
    checkout.write_branches("main")
    branches = read_branches(checkout.folder)
    assert (branches.names, branches.refs, branches.remote) == (("main",), (("branch", "main"),), ("origin/main",))


@pytest.mark.parametrize("name", ["release/next", "trunk", "v2.x", "a_b-c"])
def test_names_of_branches_are_taken(checkout, name):
    checkout.write_branches(name, "develop")
    assert read_branches(checkout.folder).production == name


@pytest.mark.parametrize(
    "name", ["a b", "-x", "a..b", "a//b", "x.lock", "x/", "$(id)", "a|b", "a`b", ".x", "x.", "**", 5, None]
)
def test_what_names_no_branch_is_refused_with_its_place(checkout, name):
    checkout.write_branches("main", name)
    with pytest.raises(MissingError, match=r"ci\.yml: on\.push\.branches is .*; write prod's branch and staging's"):
        read_branches(checkout.folder)
