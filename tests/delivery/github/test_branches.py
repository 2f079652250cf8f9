from __future__ import annotations

import pytest

from delivery.github.branches import Branches, read_branches
from delivery.outcome import MissingError


def test_branches_have_a_default():
    assert read_branches({"STAGING_BRANCH": ""}) == Branches("develop", "main")


def test_a_repository_with_one_branch_names_it_once():
    branches = read_branches({"STAGING_BRANCH": "main"})
    assert (branches.names, branches.refs) == (("main",), (("branch", "main"),))


@pytest.mark.parametrize("name", ["release/next", "trunk", "v2.x", "a_b-c"])
def test_names_of_branches_are_taken(name):
    assert read_branches({"PRODUCTION_BRANCH": name}).production == name


@pytest.mark.parametrize("name", ["a b", "-x", "a..b", "a//b", "x.lock", "x/", "$(id)", "a|b", "a`b", ".x", "x."])
def test_what_names_no_branch_is_refused_with_its_variable(name):
    with pytest.raises(MissingError, match="STAGING_BRANCH is .* which names no branch; write develop or main"):
        read_branches({"STAGING_BRANCH": name})
