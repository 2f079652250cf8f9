from __future__ import annotations

import pytest

from localcloud.providers.difference import (
    ADD,
    DELETE,
    REPLACES,
    UPDATE,
    changes,
)
from localcloud.providers.resource_type import Input
from localcloud.providers.values import UNKNOWN

SCHEMA = {
    "plain": Input(),
    "fixed": Input(replaces=True),
    "chosen": Input(computed=True, replaces=True),
    "set": Input(unordered=True),
    "grows": Input(replaces=lambda old, new: new < old),
    "loose": Input(equal=lambda old, new: old.lower() == new.lower()),
    "below": Input(replaces_below=frozenset({"size"})),
    "object": Input(properties={"size": Input(replaces=True), "name": Input(), "auto": Input(computed=True)}),
}


def found(old, new, *, zero_is_unset=False):
    return {change.path: change.kind for change in changes(old, new, SCHEMA, zero_is_unset=zero_is_unset)}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"plain": 1}, {"plain": 1}, {}),
        ({"plain": 1}, {"plain": 2}, {"plain": UPDATE}),
        ({}, {"plain": 1}, {"plain": ADD}),
        ({"plain": 1}, {}, {"plain": DELETE}),
        ({"plain": 1}, {"plain": UNKNOWN}, {"plain": UPDATE}),
        ({"plain": [1]}, {"plain": [1, 2]}, {"plain[1]": ADD}),
        ({"plain": [1, 2]}, {"plain": [1]}, {"plain[1]": DELETE}),
        ({"plain": {"a.b": 1}}, {"plain": {"a.b": 2}}, {'plain["a.b"]': UPDATE}),
        ({"plain": {"a": 1}}, {"plain": [1]}, {"plain": UPDATE}),
        ({"fixed": 1}, {"fixed": 2}, {"fixed": REPLACES[UPDATE]}),
        ({"fixed": {"a": 1}}, {"fixed": {}}, {"fixed.a": REPLACES[DELETE]}),
        ({"fixed": 1}, {"fixed": UNKNOWN}, {"fixed": REPLACES[UPDATE]}),
        ({"chosen": 1}, {}, {}),
        ({"chosen": 1}, {"chosen": 2}, {"chosen": REPLACES[UPDATE]}),
        ({"set": [1, 2]}, {"set": [2, 1]}, {}),
        ({"set": [1, 2]}, {"set": [3, 1]}, {"set[0]": UPDATE}),
        ({"set": [1]}, {"set": [2, 1]}, {"set[0]": ADD}),
        ({"set": [1, 2]}, {"set": [2]}, {"set[0]": DELETE}),
        ({"grows": 1}, {"grows": 2}, {"grows": UPDATE}),
        ({"grows": 2}, {"grows": 1}, {"grows": REPLACES[UPDATE]}),
        ({"loose": "FRA1"}, {"loose": "fra1"}, {}),
        (
            {"below": {"size": 1, "n": 1}},
            {"below": {"size": 2, "n": 2}},
            {"below.size": REPLACES[UPDATE], "below.n": UPDATE},
        ),
        ({"below": [{"size": 1}]}, {"below": [{"size": 2}]}, {"below[0].size": REPLACES[UPDATE]}),
        ({"object": {"size": 1, "auto": 1}}, {"object": {"size": 2}}, {"object.size": REPLACES[UPDATE]}),
        ({"object": [{"name": 1}]}, {"object": [{"name": 2}]}, {"object[0].name": UPDATE}),
        ({"other": 1}, {"other": 2}, {"other": UPDATE}),
    ],
)
def test_changes(old, new, expected):
    assert found(old, new) == expected


@pytest.mark.parametrize("empty", [False, 0, "", [], {}])
def test_empty_values_are_unset_only_where_asked(empty):
    assert found({}, {"plain": empty}, zero_is_unset=True) == {}
    assert found({"plain": empty}, {}, zero_is_unset=True) == {}
    assert found({}, {"plain": empty}) == {"plain": ADD}


def test_replaces():
    assert [change.replaces for change in changes({"fixed": 1, "plain": 1}, {"fixed": 2, "plain": 2}, SCHEMA)] == [
        True,
        False,
    ]
