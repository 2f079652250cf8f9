from __future__ import annotations

import pytest

from localcloud.providers.checks import (
    add_computed,
    add_defaults,
    between,
    cidr,
    length,
    one_of,
    problems,
)
from localcloud.providers.resource_type import Input
from localcloud.providers.values import UNKNOWN

SCHEMA = {
    "name": Input(required=True),
    "on": Input(default=True),
    "day": Input(problem=one_of("monday", "sunday"), computed=True),
    "pool": Input(properties={"size": Input(required=True), "auto": Input(default=False), "n": Input(computed=True)}),
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": "n", "x": None}, {"name": "n", "on": True}),
        ({"on": False}, {"on": False}),
        ({"pool": {"size": "s", "n": None}}, {"on": True, "pool": {"size": "s", "auto": False}}),
        ({"pool": [{"size": "s"}, UNKNOWN]}, {"on": True, "pool": [{"size": "s", "auto": False}, UNKNOWN]}),
        ({"pool": UNKNOWN}, {"on": True, "pool": UNKNOWN}),
    ],
)
def test_with_defaults(given, expected):
    assert add_defaults(given, SCHEMA) == expected


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"name": "n", "day": "monday"}, []),
        ({"name": UNKNOWN, "day": UNKNOWN, "pool": UNKNOWN}, []),
        ({"nam": "n"}, [("nam", "?"), ("name", "it is required")]),
        ({"name": "n", "day": "x"}, [("day", "it must be one of monday, sunday, and is 'x'")]),
        ({"name": "n", "pool": {"siz": 1}}, [("pool.siz", "?"), ("pool.size", "it is required")]),
        ({"name": "n", "pool": [{"size": 1}, {}]}, [("pool[1].size", "it is required")]),
    ],
)
def test_problems(inputs, expected):
    assert list(problems(inputs, SCHEMA, "?")) == expected


def test_with_computed_adds_what_the_cloud_chose():
    old = {"name": "n", "pool": {"size": 1, "__defaults": ["auto"]}, "__defaults": []}
    outputs = {"name": "other", "day": "monday", "pool": {"size": 2, "n": 3, "id": 4}, "id": 5}
    assert add_computed(old, outputs, SCHEMA) == {"name": "n", "day": "monday", "pool": {"size": 1, "n": 3}}


def test_defaults_markers_are_removed():
    assert add_computed({"a": [{"__defaults": [], "b": 1}]}, {}, {}) == {"a": [{"b": 1}]}


@pytest.mark.parametrize(
    ("problem", "good", "bad"),
    [
        (cidr, "10.0.0.0/8", "10.0.0.0"),
        (cidr, "2001:db8::/32", "10.0.0.0/33"),
        (between(1, 2), 2, 3),
        (length(3, 4), "abc", "ab"),
    ],
)
def test_input_problems(problem, good, bad):
    assert problem(good) is None
    assert str(bad) in problem(bad)
