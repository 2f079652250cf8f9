"""Which entry of the runbook an error names."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest

from infra.runbook import ENTRIES, HOOK, _name_entry, find_entry, name_runbook_entries

from .recorder import run

RUNBOOK = Path(__file__).parents[2] / "docs/runbook.md"
ERRORS = {
    "GET /v2/account: 401 Unable to authenticate you (request 1)": "Expired token",
    "cannot push x:\n    denied: registry contains 123 bytes, storage quota is 100": "Full registry",
    "denied: registry contains 5 repositories, limit is 5": "Full registry",
    "PUT /v2/kubernetes/clusters/1/node_pools/2: 422 validation error: autoscale desired max nodes exceed limits, "
    "2 additional nodes but not enough available droplet limit": "Droplet quota",
    "POST /v2/domains: 422 domain 'todo.example.com': name already exists": "Missing zone",
    "certificate c-1 is in state error: Let's Encrypt did not issue it": "Missing zone",
    "POST /v2/kubernetes/clusters/1/node_pools: 422 validation error: a node pool named a already exists": (
        "Already exists"
    ),
    "write /tmp/x: no space left on device": "Full disk",
    "PUT /v2/kubernetes/clusters/1: 404 The resource you were accessing could not be found.": (
        "Cluster deleted by hand"
    ),
    "configured Kubernetes cluster is unreachable": "Cluster deleted by hand",
    "POST /v2/load_balancers: 500 Server Error (request 1, given up after 5 attempts)": "API failure during `up`",
    "POST /v2/vpcs: 429 API rate limit exceeded.": "API failure during `up`",
    "http://127.0.0.1:1 does not answer: Connection aborted": "API failure during `up`",
    "POST /v2/databases: 422 invalid size": None,
    "release backend failed:\n    event: Startup probe failed: HTTP probe failed with statuscode: 503": None,
    "release backend failed:\n    log: dial tcp 10.0.0.1:5432: connect: connection refused": None,
    'release backend failed:\n    log: "GET /todos" 401 Unauthorized\n    log: EOF': None,
    "release backend: 503 of its 503 pods are not ready": None,
}


@pytest.mark.parametrize(("error", "entry"), ERRORS.items())
def test_an_error_names_the_entry_that_helps(error, entry):
    assert find_entry(error) == entry


def test_every_entry_is_in_the_runbook():
    text = RUNBOOK.read_text()
    assert [entry for entry in ENTRIES if f"\n## {entry}: " not in text] == []


def test_every_resource_has_the_hook():
    class Thing(pulumi.CustomResource):
        pass

    def program():
        name_runbook_entries()
        Thing("test:index:Thing", "thing")
        pulumi.ComponentResource("test:index:Component", "component", {})

    options = run(program, preview=False).options
    names = {"thing", "component"}
    assert {name: list(request.hooks.on_error) for (_, name), request in options.items() if name in names} == {
        name: [HOOK] for name in names
    }


def test_the_entry_is_a_warning_and_nothing_is_tried_again(caplog):
    args = pulumi.ErrorHookArgs(urn="u", id="", name="pool", type="t", errors=["not enough available droplet limit"])
    again = []
    run(lambda: again.append(_name_entry(args)), preview=False)
    assert again == [False]
    assert "pool: what to do: docs/runbook.md, 'Droplet quota'" in caplog.text
