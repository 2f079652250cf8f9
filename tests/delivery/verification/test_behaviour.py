from __future__ import annotations

from dataclasses import replace

import pytest

from delivery.outcome import DeliveryError, UnreachableError
from delivery.verification.behaviour import BehaviourError, Watch, find_failures, find_slowness, watch_behaviour
from delivery.verification.request_counter import RequestCounter
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
        (seen(990, 10), seen(1995, 5), "4.0 times the failed share of the release before"),
        (seen(990, 10), seen(992, 8), None),
        (seen(990, 10), seen(999, 1), None),  # one failed request is no share to compare with
        (seen(990, 10), seen(1000), None),
    ],
)
def test_a_release_is_judged_by_its_failures_and_by_those_before(metrics, before, problem):
    assert find_failures(metrics, LIMITS, before) == problem


@pytest.mark.parametrize(
    ("metrics", "before", "slow"),
    [
        (seen(100, seconds=0.9), seen(100, seconds=0.02), True),
        (seen(100, seconds=0.9), seen(99, seconds=0.02), False),
        (seen(100, seconds=0.9), NOTHING, False),
        (seen(99, seconds=0.9), seen(100, seconds=0.02), False),
        (seen(100, seconds=0.03), seen(100, seconds=0.004), False),  # a few milliseconds more
    ],
)
def test_a_release_is_judged_by_its_latency_and_by_that_before(metrics, before, slow):
    found = find_slowness(metrics, LIMITS, before)
    assert ("times that of the release before" in found) if slow else found is None


def test_a_latency_has_a_limit_of_its_own():
    limits = BehaviourLimits.model_validate({"p95Milliseconds": 500})
    assert find_slowness(seen(100, seconds=0.9), limits, NOTHING) == "the 95th percentile is above 500 ms"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def watch(*watches):
    clock = Clock()
    try:
        return watch_behaviour(watches, sleep=clock.sleep, clock=clock), clock.now
    except DeliveryError as error:
        error.after = clock.now
        raise


def answering(*readings):
    """What a pod answers, reading by reading; an exception is raised."""
    answers = iter(readings)

    def read():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return {"pod-1/0": answer} if isinstance(answer, RequestMetrics) else answer

    return read


def watch_of(service, limits, read, last=None, **more):
    return Watch(service, limits, RequestCounter(read, last or {}), **more)


def test_a_release_that_fails_ends_the_watch_at_once():
    pod = Pod()
    reads = answering(pod.answer(30).read(), pod.answer(30, status=502).read())
    with pytest.raises(
        BehaviourError, match=r"backend: 50\.0% of 60 requests failed.* in 5 s: more than 2"
    ) as caught:
        watch(watch_of("backend", LIMITS, reads))
    assert caught.value.after == 5.0


def test_what_fails_during_the_rollout_counts():
    with pytest.raises(BehaviourError) as caught:
        watch(watch_of("backend", LIMITS, answering(seen(0, 30))))
    assert caught.value.after == 0.0


def test_a_slow_start_is_no_slow_release():
    pod = Pod()
    slow, fast = pod.answer(30, seconds=2.0).read(), pod.answer(900).read()
    good, _ = watch(watch_of("backend", LIMITS, answering(slow, fast, fast), before=seen(100)))
    assert good[0].metrics.total == 930


def test_a_good_release_is_watched_to_the_end():
    pod = Pod()
    found, seconds = watch(watch_of("backend", LIMITS, lambda: {"pod-1/0": pod.answer(50).read()}, before=seen(100)))
    assert seconds == 10.0
    text = found[0].describe()
    assert text.startswith("backend: 0.0% of 150 requests failed, 95th percentile ")
    assert "ms in 10 s; the release before: 0.0% of 100 requests failed, 95th percentile" in text


def test_services_are_watched_side_by_side():
    good, bad = answering(*[seen(50)] * 3), answering(seen(0), seen(0, 40))
    with pytest.raises(BehaviourError, match=r"^web: 100\.0% of 40") as caught:
        watch(watch_of("backend", LIMITS, good), watch_of("web", BehaviourLimits(seconds=20), bad))
    assert caught.value.after == 5.0


def test_each_service_is_watched_for_its_own_time():
    limits = BehaviourLimits(seconds=20)
    found, seconds = watch(
        watch_of("backend", LIMITS, answering(*[seen(50)] * 3)), watch_of("web", limits, answering(*[seen(30)] * 5))
    )
    assert (seconds, [each.seconds for each in found]) == (20.0, [10.0, 20.0])


def test_pods_of_before_the_update_count_from_then_on():
    pod = Pod().answer(100, status=500)
    before = {"pod-1/0": pod.read()}
    found, _ = watch(watch_of("backend", LIMITS, lambda: {"pod-1/0": pod.answer(10).read()}, last=before))
    assert (found[0].metrics.total, found[0].metrics.failed) == (30, 0)


def test_what_a_pod_answered_that_is_gone_is_not_forgotten():
    one, other = seen(10, 30), seen(100)
    reads = answering({"a/0": seen(10)}, {"a/0": one, "b/0": other}, {"b/0": other})
    with pytest.raises(BehaviourError, match="of 140 requests failed"):
        watch(watch_of("backend", LIMITS, reads))


def test_a_container_that_was_started_again_counts_from_its_start():
    reads = answering({"a/0": seen(100)}, {"a/1": seen(150)}, {"a/1": seen(160)})
    found, _ = watch(watch_of("backend", LIMITS, reads))
    assert found[0].metrics.total == 260


def test_a_reading_that_fails_meanwhile_is_passed_over():
    found, _ = watch(watch_of("backend", LIMITS, answering(seen(10), UnreachableError("503"), seen(30))))
    assert found[0].metrics.total == 30


def test_a_release_that_stops_answering_fails():
    hangs = [UnreachableError("timed out")] * 5
    with pytest.raises(DeliveryError, match="^backend cannot be judged by its requests: timed out$") as caught:
        watch(watch_of("backend", LIMITS, answering(seen(0), *hangs)))
    assert caught.value.after == 15.0  # three readings in a row


def test_a_last_reading_that_fails_is_tried_again():
    found, seconds = watch(
        watch_of("backend", LIMITS, answering(seen(10), seen(20), UnreachableError("503"), seen(30)))
    )
    assert (found[0].metrics.total, seconds) == (30, 15.0)


def waiting(active, answered=0):
    return replace(seen(answered), active=active)


def test_a_release_that_answers_nothing_while_requests_wait_fails():
    with pytest.raises(BehaviourError, match="7 requests wait for an answer, and none was answered$"):
        watch(watch_of("backend", LIMITS, answering(*[waiting(7)] * 3), before=waiting(2, answered=100)))


@pytest.mark.parametrize(
    ("now", "before"), [(waiting(7, answered=1), NOTHING), (waiting(4), NOTHING), (waiting(7), waiting(6))]
)
def test_streams_that_stay_open_are_no_failure(now, before):
    watch(watch_of("backend", LIMITS, answering(*[now] * 3), before=before))


def test_a_release_that_can_never_be_read_fails():
    with pytest.raises(DeliveryError, match="^backend cannot be judged by its requests: 404$"):
        watch(watch_of("backend", LIMITS, answering(*[UnreachableError("404")] * 3)))


def test_no_request_says_nothing_of_a_release():
    found, _ = watch(watch_of("backend", LIMITS, answering(*[seen(0)] * 3)))
    assert found[0].describe() == "backend: no request in 10 s: nothing is known of its answers"


def test_requests_of_other_pods_that_have_gone_count():
    """Of a canary, which is compared with them."""
    others = RequestCounter(answering({"a/0": seen(60), "b/0": seen(60)}, {"b/0": seen(60)}, {"b/0": seen(70)}))
    canary = answering(*[seen(100, seconds=0.9)] * 3)
    with pytest.raises(BehaviourError, match="the release before: 0.0% of 130 requests"):
        watch(watch_of("canary of backend", LIMITS, canary, others=others))


def test_a_canary_that_hangs_is_compared_with_as_many_other_pods():
    others = RequestCounter(lambda: {f"{name}/0": waiting(2, answered=100) for name in range(9)})
    with pytest.raises(BehaviourError, match="8 requests wait for an answer, and none was answered$"):
        watch(watch_of("canary of backend", LIMITS, answering(*[waiting(8)] * 3), others=others))
