"""The load test on the local cloud."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from perf import load
from perf.load import K6, K6_VERSION

ROOT = Path(__file__).parents[2]
GOOD, SLOW = 10, 400  # milliseconds


def summarize(folder, milliseconds):
    """A summary of k6 whose requests took so long."""
    duration = {"med": milliseconds, "p(95)": milliseconds}
    metrics = {"http_req_duration": duration, "http_reqs": {"rate": 20}, "http_req_failed": {"value": 0}}
    file = folder / f"{milliseconds}.json"
    file.write_text(json.dumps({"metrics": metrics}))
    return file


def compare(folder, milliseconds, *, missed=False, accept=False):
    """The exit status of a run, and how long the requests of the run took that the next one is compared with."""
    good = folder / "good.json"
    status = load._compare(summarize(folder, milliseconds), good, missed, accept=accept)
    return status, json.loads(good.read_text())["metrics"]["http_req_duration"]["med"] if good.exists() else None


def test_k6_is_the_one_that_the_workflow_has():
    steps = yaml.safe_load((ROOT / ".github/workflows/perf.yml").read_text())["jobs"]["load"]["steps"]
    assert K6_VERSION in [str(step.get("with", {}).get("k6-version")) for step in steps]
    assert f"go.k6.io/k6 v{K6_VERSION} " in (K6.module / "go.mod").read_text()


def test_a_good_run_is_what_the_next_one_is_compared_with(tmp_path):
    assert compare(tmp_path, GOOD) == (0, GOOD)


@pytest.mark.parametrize(("milliseconds", "missed"), [(SLOW, False), (GOOD, True)])
def test_a_run_that_is_slower_or_misses_an_objective_is_not(tmp_path, milliseconds, missed):
    compare(tmp_path, GOOD + 1)
    assert compare(tmp_path, milliseconds, missed=missed) == (1, GOOD + 1)


def test_an_accepted_slower_run_is_the_next_baseline(tmp_path):
    compare(tmp_path, GOOD)
    assert compare(tmp_path, SLOW, accept=True) == (0, SLOW)
