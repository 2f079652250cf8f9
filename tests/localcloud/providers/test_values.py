from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.providers.values import SECRET, SIGNATURE, UNKNOWN, Secret, contains_unknown, from_struct, to_struct

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=5) | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_round_trip(values):
    assert from_struct(to_struct(values)) == values


def test_secrets_are_marked_and_unwrapped():
    struct = to_struct({"a": [Secret({"b": "c"})]})
    assert struct["a"][0][SIGNATURE] == SECRET
    assert from_struct(struct) == {"a": [{"b": "c"}]}


def test_whole_numbers_are_integers():
    values = from_struct(to_struct({"a": 3.0, "b": 0.5}))
    assert {name: type(value) for name, value in values.items()} == {"a": int, "b": float}


@pytest.mark.parametrize(
    ("value", "expected"), [(UNKNOWN, True), ({"a": [UNKNOWN]}, True), ({"a": [1]}, False), (None, False)]
)
def test_contains_unknown(value, expected):
    assert contains_unknown(value) is expected


def test_unknown_shows_its_name():
    assert repr([UNKNOWN]) == "[UNKNOWN]"
