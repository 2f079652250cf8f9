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


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    return (tmp_path / "outputs").read_text


def test_a_first_run_has_nothing_to_be_compared_with(k6, slipway, summary, tmp_path):
    assert slipway("ci", "compare-perf", k6("now"), "--baseline", tmp_path / "none")[0] == 0
    assert "| 95th percentile | 80.0 ms |  |  |" in summary()


def test_a_slower_run_fails_with_its_ratio(k6, slipway, summary):
    status, said = slipway("ci", "compare-perf", k6("now", p95=120.0), "--baseline", k6("last"))
    assert (status, said) == (1, "the 95th percentile is 120 ms, 1.50 times the baseline's 80 ms\n")
    assert "| 95th percentile | 120.0 ms | 80.0 ms | 1.50 |" in summary()


@pytest.mark.parametrize(("median", "p95"), [(39.0, 80.0), (20.0, 99.0), (5.0, 20.0)])
def test_noise_and_a_faster_run_pass(k6, slipway, summary, median, p95):
    assert slipway("ci", "compare-perf", k6("now", median, p95), "--baseline", k6("last"))[0] == 0


def test_failed_requests_fail_the_run_whatever_the_last_one_did(k6, slipway, summary):
    status, said = slipway("ci", "compare-perf", k6("now", errors=0.02), "--baseline", k6("last", errors=0.02))
    assert (status, "2.00% of the requests failed; 1% may" in said) == (1, True)


@pytest.mark.parametrize("content", [None, "{}", "no json", '{"metrics": {"http_req_duration": {}}}'])
def test_what_is_no_summary_of_k6_is_refused(slipway, tmp_path, content):
    file = tmp_path / "x"
    if content is not None:
        file.write_text(content)
    status, said = slipway("ci", "compare-perf", file)
    assert (status, "is no summary of k6" in said) == (5, True)


def test_the_baseline_is_the_newest_artifact_of_its_name(k6, github, slipway, summary):
    github.add_artifact("performance-baseline", {"summary.json": k6("old", p95=10.0).read_text()})
    github.add_artifact(
        "performance-baseline", {"summary.json": k6("new", p95=40.0).read_text()}, created="2026-11-21T00:00:00Z"
    )
    status, said = slipway("ci", "compare-perf", k6("summary.json"), "--baseline-artifact", "performance-baseline")
    assert (status, said) == (1, "the 95th percentile is 80 ms, 2.00 times the baseline's 40 ms\n")


def test_a_baseline_of_nothing_is_none(k6, slipway, summary):
    """Last week staging refused every connection, and k6 wrote zeros."""
    status, said = slipway("ci", "compare-perf", k6("now", 90.0), "--baseline", k6("last", 0.0, 0.0, errors=1.0))
    assert (status, said) == (0, "the baseline measured nothing or failures, and is left out\n")


@pytest.mark.parametrize(("median", "p95", "errors"), [(0.0, 0.0, 1.0), (0.0, 80.0, 0.0), (20.0, 80.0, 0.5)])
def test_a_run_of_nothing_or_of_failures_fails_and_is_no_baseline(k6, slipway, summary, outputs, median, p95, errors):
    assert slipway("ci", "compare-perf", k6("now", median, p95, errors), "--accept")[0] == 1
    assert outputs() == "baseline=false\n"


def test_a_slower_run_is_no_baseline_for_the_next_one(k6, slipway, summary, outputs):
    assert slipway("ci", "compare-perf", k6("now", p95=120.0), "--baseline", k6("good"))[0] == 1
    assert outputs() == "baseline=false\n"


def test_a_good_run_is_the_next_baseline(k6, slipway, summary, outputs):
    assert slipway("ci", "compare-perf", k6("now", p95=85.0), "--baseline", k6("good"))[0] == 0
    assert outputs() == "baseline=true\n"


def test_a_slower_run_that_a_person_accepts_is_the_next_baseline(k6, slipway, summary, outputs):
    assert slipway("ci", "compare-perf", k6("now", p95=120.0), "--baseline", k6("good"), "--accept")[0] == 0
    assert outputs() == "baseline=true\n"
    assert "accepted: the next run is compared with this one" in summary()


def test_slower_by_little_each_week_ends_at_what_users_may_expect(k6, slipway, summary):
    status, said = slipway("ci", "compare-perf", k6("now", p95=510.0), "--baseline", k6("good", p95=490.0))
    assert (status, said) == (1, "the 95th percentile is 510 ms; 500 ms may be\n")


def test_a_baseline_of_another_branch_is_passed_over(k6, github, slipway, summary):
    text = k6("old", p95=10.0).read_text()
    github.add_artifact("performance-baseline", {"summary.json": text}, branch="try-something")
    command = ("ci", "compare-perf", k6("summary.json"), "--baseline-artifact", "performance-baseline")
    assert slipway(*command)[0] == 0


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", "null", "[]", '"fast"', "1e400"])
def test_an_invalid_figure_is_refused(k6, slipway, value):
    file = k6("now")
    file.write_text(file.read_text().replace("80.0", value))
    status, said = slipway("ci", "compare-perf", file)
    assert (
        status,
        "is no summary of k6: metrics.http_req_duration" in said or "is no summary of k6: it" in said,
    ) == (5, True), said
