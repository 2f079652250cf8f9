from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from delivery.verification.request_metrics import MetricsError, RequestMetrics, combine, parse_metrics


class Pod:
    """A service's own metrics, as the chassis has them."""

    def __init__(self):
        self.registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self.requests = Counter("http_requests", "Requests answered.", labels, registry=self.registry)
        self.seconds = Histogram("http_request_seconds", "Time.", ["method", "route"], registry=self.registry)

    def answer(self, count=1, status=200, seconds=0.02):
        for _ in range(count):
            self.requests.labels("GET", "/todos", str(status)).inc()
            self.seconds.labels("GET", "/todos").observe(seconds)
        return self

    def read(self):
        return parse_metrics(generate_latest(self.registry).decode())


def test_the_share_of_failed_requests_is_of_all_pods():
    metrics = combine([Pod().answer(90).read(), Pod().answer(5).answer(5, status=503).read()])
    assert (metrics.total, metrics.failed_share) == (100, 0.05)


def test_what_is_under_way_is_known_but_for_the_request_that_asks():
    pods = [Pod(), Pod()]
    for pod, active in zip(pods, (4, 1), strict=True):
        Gauge("http_requests_active", "Requests being answered.", registry=pod.registry).set(active)
    assert combine(pod.read() for pod in pods).active == 3


@pytest.mark.parametrize("status", [200, 302, 404, 429])
def test_what_is_the_clients_fault_is_no_failure(status):
    assert Pod().answer(3, status=status).read().failed_share == 0


def test_the_95th_percentile_is_within_its_bucket():
    metrics = Pod().answer(94, seconds=0.02).answer(6, seconds=0.9).read()
    assert 0.75 < metrics.p95_seconds <= 1.0


def test_answers_beyond_the_last_bound_have_that_bound():
    assert Pod().answer(10, seconds=60).read().p95_seconds == 10.0


def test_only_what_came_after_the_earlier_reading_counts():
    pod = Pod().answer(100)
    before = pod.read()
    later = pod.answer(10, status=500, seconds=2.0).read().since(before)
    assert (later.total, later.failed_share) == (10, 1.0)
    assert later.p95_seconds > 1.0


def test_a_pod_that_was_started_again_counts_from_its_start():
    before = Pod().answer(100).read()
    assert Pod().answer(4).read().since(before).total == 4


def test_no_answer_is_no_failure_and_has_no_percentile():
    metrics = Pod().read()
    assert (metrics.total, metrics.failed_share, metrics.p95_seconds) == (0, 0.0, None)
    assert RequestMetrics().p95_seconds is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "up 1\n",
        'http_requests_total{status="200"',
        "http_requests_total{} 1\n",
        "http_requests_total NaN\n",
    ],
)
def test_anything_else_is_an_error_with_its_beginning(text):
    with pytest.raises(MetricsError, match=r"no metrics in Prometheus' format|have no http_requests_total"):
        parse_metrics(text)


def test_the_requests_of_probes_are_nobodys():
    pod = Pod()
    pod.requests.labels("GET", "/readyz", "503").inc(9)
    pod.seconds.labels("GET", "/readyz").observe(3)
    assert (pod.read().total, pod.read().p95_seconds) == (0, None)


def test_an_empty_bucket_sets_the_lower_bound_of_the_next_one():
    pod = Pod().answer(10, seconds=0.3)  # between 0.25 and 0.5
    assert 0.25 < pod.read().since(RequestMetrics()).p95_seconds <= 0.5
    combined = combine([pod.read(), Pod().read()])
    assert combined.p95_seconds == pod.read().p95_seconds


def test_the_usual_name_of_the_histogram_is_known():
    counter = '# TYPE http_requests counter\nhttp_requests_total{status="200"} 2\n'
    text = f"{counter}# TYPE http_request_duration_seconds histogram\n" + "".join(
        f'http_request_duration_seconds_bucket{{le="{bound}"}} {count}\n'
        for bound, count in [("0.1", 0), ("0.5", 2), ("+Inf", 2)]
    )
    assert 0.1 < parse_metrics(text).p95_seconds <= 0.5
