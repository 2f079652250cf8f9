from __future__ import annotations

from dataclasses import replace

import pytest
from prometheus_client import generate_latest

from delivery.outcome import UnreachableError
from delivery.verification.behaviour import BehaviourError, watch_behaviour
from delivery.verification.behaviour_gate import BehaviourGate, read_requests
from infra.config.verification import BehaviourLimits
from tests.delivery.verification.test_request_metrics import Pod
from tests.fake_cluster import FakeCluster, opened

OLD, NEW = "sha256:1", "sha256:2"
LIMITS = {"backend": BehaviourLimits(seconds=10, growth=2)}


@pytest.fixture
def fake():
    return FakeCluster()


@pytest.fixture
def gate(fake, monkeypatch):
    """A gate that does not wait; `said` has what it prints."""
    said = []
    monkeypatch.setattr("delivery.verification.behaviour_gate.watch_behaviour", watch)
    with opened(fake) as cluster:
        made = BehaviourGate(lambda: replace(cluster), said.append)  # each use ends its connections
        made.said = said
        yield made


def watch(service, read, limits, before):
    """Two readings after the first one."""
    pauses = iter([0.0, limits.seconds])
    clock = iter([0.0, 0.0, float(limits.seconds)])
    return watch_behaviour(service, read, limits, before, sleep=lambda _: next(pauses), clock=lambda: next(clock))


def run_pod(fake, name, digest, *answers):
    """A pod that answers these requests between two readings of its metrics."""
    pod, fake_answers = Pod(), iter(answers)

    def metrics():
        if (requests := next(fake_answers, None)) is not None:
            pod.answer(**requests)
        return generate_latest(pod.registry).decode()

    fake.add_pod(name, digest=digest)
    fake.metrics[f"{name}:8000"] = metrics


def test_a_release_that_answers_500_is_refused_with_its_figures(fake, gate):
    run_pod(fake, "backend-1", OLD, {"count": 100})
    gate.record_baseline(LIMITS)
    run_pod(fake, "backend-2", NEW, {"count": 1}, {"count": 40, "status": 500})
    with pytest.raises(BehaviourError, match=r"backend: 100\.0% of 40 requests failed in 0 s"):
        gate.judge(LIMITS, {"backend": NEW})


def test_a_slower_release_is_compared_with_the_one_before(fake, gate):
    run_pod(fake, "backend-1", OLD, {"count": 100, "seconds": 0.02})
    gate.record_baseline(LIMITS)
    run_pod(fake, "backend-2", NEW, {"count": 1}, {"count": 40, "seconds": 0.9})
    with pytest.raises(BehaviourError, match="times that of the release before"):
        gate.judge(LIMITS, {"backend": NEW})


def test_a_good_release_passes_and_its_figures_are_printed(fake, gate):
    gate.record_baseline(LIMITS)
    run_pod(fake, "backend-2", NEW, *[{"count": 30}] * 3)
    gate.judge(LIMITS, {"backend": NEW})
    assert gate.said[-1].startswith("backend: 0.0% of 60 requests failed in 10 s")


def test_the_release_that_a_failure_brings_back_is_not_judged(fake, gate):
    gate.record_baseline(LIMITS)
    run_pod(fake, "backend-2", NEW, {"count": 1}, {"count": 40, "status": 500})
    with pytest.raises(BehaviourError):
        gate.judge(LIMITS, {"backend": NEW})
    gate.judge(LIMITS, {"backend": NEW})


def test_a_baseline_that_cannot_be_read_is_a_warning(fake, gate):
    fake.add_pod("backend-1", digest=OLD)
    gate.record_baseline(LIMITS)
    assert "warning: the release before has no metrics to compare with: pod backend-1" in gate.said[0]


def test_metrics_that_cannot_be_read_after_the_update_fail_the_release(fake, gate):
    gate.record_baseline(LIMITS)
    fake.add_pod("backend-2", digest=NEW)
    with pytest.raises(UnreachableError, match="pod backend-2 of local does not answer /metrics"):
        gate.judge(LIMITS, {"backend": NEW})


def test_only_running_pods_of_the_image_are_asked(fake, gate):
    run_pod(fake, "backend-1", OLD, {"count": 5})
    run_pod(fake, "backend-2", NEW, {"count": 7})
    fake.objects["pods"][0]["status"]["phase"] = "Pending"
    with gate.open_cluster() as cluster:
        assert read_requests(cluster, "backend").total == 7
        assert read_requests(cluster, "backend", OLD).total == 0
