from __future__ import annotations

import json

import pytest


@pytest.fixture
def k6(tmp_path):
    def save(name, median=20.0, p95=80.0, errors=0.0):
        metrics = {
            "http_req_duration": {"med": median, "p(95)": p95},
            "http_reqs": {"rate": 50.0, "count": 3000},
            "http_req_failed": {"value": errors, "passes": 0, "fails": 3000},
        }
        file = tmp_path / name
        file.write_text(json.dumps({"metrics": metrics}))
        return file

    return save


def test_a_first_run_has_nothing_to_be_compared_with(k6, slipway, summary, tmp_path):
    assert slipway("ci", "compare-perf", k6("now"), "--last", tmp_path / "none")[0] == 0
    assert "| 95th percentile | 80.0 ms |  |  |" in summary()


def test_a_slower_run_fails_with_its_ratio(k6, slipway, summary):
    status, said = slipway("ci", "compare-perf", k6("now", p95=120.0), "--last", k6("last"))
    assert (status, said) == (1, "the 95th percentile is 120 ms, 1.50 times the last run's 80 ms\n")
    assert "| 95th percentile | 120.0 ms | 80.0 ms | 1.50 |" in summary()


@pytest.mark.parametrize(("median", "p95"), [(39.0, 80.0), (20.0, 99.0), (5.0, 20.0)])
def test_noise_and_a_faster_run_pass(k6, slipway, summary, median, p95):
    assert slipway("ci", "compare-perf", k6("now", median, p95), "--last", k6("last"))[0] == 0


def test_failed_requests_fail_the_run_whatever_the_last_one_did(k6, slipway, summary):
    status, said = slipway("ci", "compare-perf", k6("now", errors=0.02), "--last", k6("last", errors=0.02))
    assert (status, "2.00% of the requests failed; 1% may" in said) == (1, True)


@pytest.mark.parametrize("content", [None, "{}", "no json", '{"metrics": {"http_req_duration": {}}}'])
def test_what_is_no_summary_of_k6_is_refused(slipway, tmp_path, content):
    file = tmp_path / "x"
    if content is not None:
        file.write_text(content)
    status, said = slipway("ci", "compare-perf", file)
    assert (status, "is no summary of k6" in said) == (5, True)


def test_the_last_run_is_the_newest_artifact_of_its_name(k6, github, slipway, summary):
    github.add_artifact("performance", {"summary.json": k6("old", p95=10.0).read_text()})
    github.add_artifact(
        "performance", {"summary.json": k6("new", p95=40.0).read_text()}, created="2026-11-21T00:00:00Z"
    )
    status, said = slipway("ci", "compare-perf", k6("summary.json"), "--last-artifact", "performance")
    assert (status, said) == (1, "the 95th percentile is 80 ms, 2.00 times the last run's 40 ms\n")
