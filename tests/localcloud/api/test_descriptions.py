"""The description of bodies: read from pydo, and what of it real clients need relaxed."""

from __future__ import annotations

import json

import pytest

from localcloud.api import clients, templates
from localcloud.api.descriptions import check_body
from localcloud.api.replies import ApiError

CREATE, UPDATE = "POST /v2/kubernetes/clusters", "PUT /v2/kubernetes/clusters/{}"


@pytest.fixture(scope="module")
def descriptions():
    return templates.read_descriptions()


def test_committed_descriptions_are_those_of_the_installed_pydo(descriptions):
    assert json.loads(templates.FILE.read_text()) == descriptions, "run: python -m localcloud.api.templates"


def test_template_becomes_a_schema():
    text = """{
                    "name": "str",  # A name. Required.
                    "pools": [
                        {
                            "count": 0,  # Optional. How
                              many. Default value is 1.
                        }
                    ],
                    "zone": "str",  # Where. Required. Known values are: "a",
                      "b", and "c".
                    "labels": {},  # Optional. Of all.
                    "ports": {
                        "str": 0  # Optional. By name.
                    },
                    "ratio": 0.0,  # Optional. x
                    "tags": [
                        "str"  # Optional. x
                    ]
                }"""
    assert templates.parse_template(text) == {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "pools", "zone"],
        "properties": {
            "name": {"type": "string"},
            "pools": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"count": {"type": "integer"}},
                },
            },
            "zone": {"type": "string", "enum": ["a", "b", "c"]},
            "labels": {"type": "object"},
            "ports": {"type": "object", "additionalProperties": {"type": "integer"}},
            "ratio": {"type": "number"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    }


@pytest.mark.parametrize(
    "body",
    [
        {"name": "c", "ha": None, "tags": None},
        {"name": "c", "routing_agent": {"enabled": None}, "sso": {"enabled": None, "issuer_url": ""}},
        {"name": "c", "control_plane_firewall": {"enabled": None, "allowed_addresses": None}},
    ],
)
def test_nulls_of_the_official_provider_are_accepted(body):
    check_body(UPDATE, body)


def test_capitalised_taints_of_the_official_provider_are_accepted():
    taint = {"Key": "k", "Value": "v", "Effect": "NoSchedule"}
    pool = {"name": "p", "size": "s", "count": 1, "taints": [taint]}
    check_body(CREATE, {"name": "c", "region": "fra1", "version": "1.34", "node_pools": [pool]})
    with pytest.raises(ApiError, match="effect is invalid"):
        check_body(
            CREATE,
            {
                "name": "c",
                "region": "r",
                "version": "v",
                "node_pools": [{**pool, "taints": [{**taint, "Effect": "x"}]}],
            },
        )


def test_each_exception_is_needed(descriptions):
    for route, path in clients.FIELDS:
        container = descriptions[route]["properties"]
        for part in path.split(".")[:-1]:
            container = container[part]["properties"]
        declared = container.get(path.split(".")[-1])
        assert declared != clients.FIELDS[route, path], (route, path)
    for route in clients.REQUIRED:
        assert set(clients.REQUIRED[route]) - set(descriptions[route].get("required", ())), route
