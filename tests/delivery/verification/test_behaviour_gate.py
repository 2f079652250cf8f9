from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from prometheus_client import generate_latest

from delivery.outcome import DeliveryError
from delivery.verification.behaviour import BehaviourError, watch_behaviour
from delivery.verification.behaviour_gate import BehaviourGate
from delivery.verification.pod_requests import read_requests
from infra.config.verification import BehaviourLimits
from tests.delivery.verification.test_behaviour import Clock
from tests.delivery.verification.test_request_metrics import Pod
from tests.fake_cluster import FakeCluster, opened

OLD, NEW = "sha256:1", "sha256:2"
LIMITS = {"backend": BehaviourLimits(seconds=10, growth=2)}


@pytest.fixture
def fake():
    return FakeCluster()


@pytest.fixture
def gate(fake):
    """A gate that does not wait; `said` has what it prints."""
    said, clock = [], Clock()
    watch = partial(watch_behaviour, sleep=clock.sleep, clock=clock)
    with opened(fake) as cluster:
        made = BehaviourGate(lambda: replace(cluster), said.append, watch)  # each use ends its connections
        made.said = said
        yield made


def run_pod(fake, name, digest, *answers, **pod_facts):
    """A pod that answers these requests between two readings of its metrics."""
    pod, fake_answers = Pod(), iter(answers)

    def metrics():
        if (requests := next(fake_answers, None)) is not None:
            pod.answer(**requests)
        return generate_latest(pod.registry).decode()

    fake.add_pod(name, digest=digest, **pod_facts)
    fake.metrics[f"{name}:8000"] = metrics


def test_a_release_that_answers_500_is_refused_with_its_figures(fake, gate):
    run_pod(fake, "backend-1", OLD, {"count": 100})
    gate.record_baseline(LIMITS)
    run_pod(fake, "backend-2", NEW, {"count": 1}, {"count": 40, "status": 500})
    with pytest.raises(BehaviourError, match=r"backend: 97\.6% of 41 requests failed.*; the release before: 0\.0%"):
        gate.judge(LIMITS, {"backend": NEW})
    assert "backend: 97.6% of 41 requests failed" in gate.figures[0]


def test_a_slower_release_is_compared_with_the_one_before(fake, gate):
    run_pod(fake, "backend-1", OLD, {"count": 100, "seconds": 0.02})
    gate.record_baseline(LIMITS)
    run_pod(fake, "backend-2", NEW, {"count": 1}, {"count": 100, "seconds": 0.9})
    with pytest.raises(BehaviourError, match="times that of the release before"):
        gate.judge(LIMITS, {"backend": NEW})


def test_a_good_release_passes_and_its_figures_are_printed(fake, gate):
    gate.record_baseline(LIMITS)
    run_pod(fake, "backend-2", NEW, *[{"count": 30}] * 3)
    gate.judge(LIMITS, {"backend": NEW})
    assert gate.said[-1].startswith("backend: 0.0% of 90 requests failed")
    assert gate.figures == gate.said[-1:]


def test_a_pod_that_stays_counts_from_the_baseline(fake, gate):
    run_pod(fake, "backend-1", OLD, {"count": 100, "status": 500}, {"count": 50})
    gate.record_baseline(LIMITS)
    gate.judge(LIMITS, {"backend": OLD})
    assert "0.0% of 50 requests failed" in gate.said[-1]


def test_nothing_is_opened_where_no_service_is_judged(gate):
    gate.open_cluster = None
    gate.record_baseline({})
    gate.judge({}, {})


def test_a_service_without_metrics_leaves_the_others_their_baseline(fake, gate):
    fake.add_pod("web-1", service="web", digest=OLD)
    run_pod(fake, "backend-1", OLD, {"count": 100})
    gate.record_baseline({"web": LIMITS["backend"], **LIMITS})
    assert "warning: web: the release before has no metrics to compare with: pod web-1" in gate.said[0]
    run_pod(fake, "backend-2", NEW, {"count": 30})
    gate.judge(LIMITS, {"backend": NEW})
    assert "the release before: 0.0% of 100 requests failed" in gate.said[-1]


def test_unreadable_metrics_after_the_update_fail_the_release(fake, gate):
    gate.record_baseline(LIMITS)
    fake.add_pod("backend-2", digest=NEW)
    with pytest.raises(DeliveryError, match="backend cannot be judged by its requests: pod backend-2 of local does"):
        gate.judge(LIMITS, {"backend": NEW})


def test_a_pod_that_only_starts_fails_no_release(fake, gate):
    run_pod(fake, "backend-2", NEW, {"count": 30})
    fake.add_pod("backend-3", digest=NEW, started=datetime.now(UTC).isoformat())
    gate.judge(LIMITS, {"backend": NEW})
    assert "0.0% of 30 requests" in gate.said[-1]


def test_one_pod_that_hangs_fails_the_release(fake, gate):
    run_pod(fake, "backend-2", NEW, {"count": 30})
    fake.add_pod("backend-3", digest=NEW)
    with pytest.raises(DeliveryError, match="backend cannot be judged by its requests: pod backend-3 of local does"):
        gate.judge(LIMITS, {"backend": NEW})


def test_only_running_pods_of_the_image_are_asked(fake, gate):
    run_pod(fake, "backend-1", OLD, {"count": 5})
    run_pod(fake, "backend-2", NEW, {"count": 7}, restartCount=3)
    fake.objects["pods"][0]["status"]["phase"] = "Pending"
    with gate.open_cluster() as cluster:
        assert {key: each.total for key, each in read_requests(cluster, "backend").items()} == {"backend-2/3": 7}
        with pytest.raises(DeliveryError, match="no pod of backend runs with the image sha256:1"):
            read_requests(cluster, "backend", OLD)


def test_a_canary_is_compared_with_the_other_pods_at_the_same_time(fake, gate):
    slow = [{"count": 100, "seconds": 0.9}] * 6
    run_pod(fake, "backend-1", OLD, {"count": 1000, "seconds": 0.02}, {"count": 1000, "seconds": 0.02}, *slow)
    gate.record_baseline(LIMITS)
    run_pod(fake, "backend-canary-1", NEW, *[{"count": 50, "seconds": 0.9}] * 6, service="backend-canary")
    gate.judge_canary(LIMITS)
    gate.judge_canary(LIMITS)  # the next step
    assert "canary of backend: 0.0% of 150 requests" in gate.figures[0]
    assert "the release before: 0.0% of 300 requests" in gate.figures[0]
    assert "canary of backend: 0.0% of 300 requests" in gate.figures[1]
    assert "the release before: 0.0% of 600 requests" in gate.figures[1]


def test_a_canary_that_is_slower_than_the_other_pods_is_refused(fake, gate):
    fast = [{"count": 100, "seconds": 0.02}] * 3
    run_pod(fake, "backend-1", OLD, {"count": 1000, "seconds": 0.9}, *fast)
    run_pod(fake, "backend-canary-1", NEW, *[{"count": 50, "seconds": 0.9}] * 3, service="backend-canary")
    with pytest.raises(BehaviourError, match="times that of the release before"):
        gate.judge_canary(LIMITS)


def test_a_canary_without_other_metrics_is_judged_by_the_limits(fake, gate):
    run_pod(fake, "backend-canary-1", NEW, *[{"count": 50, "seconds": 0.9}] * 3, service="backend-canary")
    gate.judge_canary(LIMITS)
    assert gate.said[0].startswith("warning: backend: its other pods have no metrics to compare with")
    assert gate.figures == ["canary of backend: 0.0% of 150 requests failed, 95th percentile 988 ms in 10 s"]
