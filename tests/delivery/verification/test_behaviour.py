from __future__ import annotations

import pytest

from delivery.verification.behaviour import BehaviourError, find_problem, watch_behaviour
from delivery.verification.request_metrics import RequestMetrics
from infra.config.verification import BehaviourLimits
from tests.delivery.verification.test_request_metrics import Pod

LIMITS = BehaviourLimits(seconds=10)
NOTHING = RequestMetrics()


def seen(good, failed=0, seconds=0.02):
    return Pod().answer(good, seconds=seconds).answer(failed, status=500, seconds=seconds).read()


@pytest.mark.parametrize(
    ("metrics", "before", "problem"),
    [
        (seen(98, 2), NOTHING, None),
        (seen(90, 10), NOTHING, "more than 2 % failed"),
        (seen(5, 5), NOTHING, None),  # of ten requests
        (seen(96, 4), NOTHING, None),  # four failed ones may be anything
        (seen(990, 10), seen(999, 1), "10.0 times as many failed as of the release before"),
        (seen(990, 10), seen(992, 8), None),
        (seen(990, 10), seen(1000), None),  # nothing to compare with: the percentage counts
        (seen(100, seconds=0.9), seen(100, seconds=0.02), "times that of the release before"),
        (seen(100, seconds=0.9), seen(5, seconds=0.02), None),
        (seen(100, seconds=0.9), NOTHING, None),
    ],
)
def test_a_release_is_judged_by_its_own_figures_and_by_those_before(metrics, before, problem):
    found = find_problem(metrics, LIMITS, before)
    assert found is None if problem is None else problem in found


def test_a_latency_has_a_limit_of_its_own():
    limits = BehaviourLimits.model_validate({"p95Milliseconds": 500})
    assert find_problem(seen(100, seconds=0.9), limits, NOTHING) == "the 95th percentile is above 500 ms"


def test_a_release_that_fails_ends_the_watch_at_once():
    pod, slept = Pod(), []
    reads = iter([pod.read(), pod.answer(30).read(), pod.answer(30, status=502).read()])
    with pytest.raises(BehaviourError, match=r"backend: 50\.0% of 60 requests failed .*: more than 2 % failed"):
        watch_behaviour("backend", lambda: next(reads), LIMITS, NOTHING, sleep=slept.append)
    assert slept == [5.0]


def test_a_good_release_is_watched_to_the_end():
    pod, now = Pod(), [0.0]
    behaviour = watch_behaviour(
        "backend",
        lambda: pod.answer(50).read(),
        LIMITS,
        NOTHING,
        sleep=lambda pause: now.__setitem__(0, now[0] + pause),
        clock=lambda: now[0],
    )
    assert now == [10.0]
    assert behaviour.describe().startswith("backend: 0.0% of 150 requests failed in 10 s, 95th percentile ")


def test_no_request_says_nothing_of_a_release():
    now = [0.0]
    behaviour = watch_behaviour(
        "backend",
        Pod().read,
        LIMITS,
        NOTHING,
        sleep=lambda pause: now.__setitem__(0, now[0] + pause),
        clock=lambda: now[0],
    )
    assert behaviour.describe() == "backend: no request in 10 s: nothing is known of its answers"
