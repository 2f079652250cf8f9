from __future__ import annotations

import threading
import time

import pytest

from localcloud.steps import Graph, Progress, Step


class Recorder:
    """A watcher that keeps what it saw."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.left: list[float] = []

    def started(self, progress):
        self.events.append(("started", progress.step.name))

    def tick(self, progresses, left):
        self.left.append(left)

    def ended(self, progress, error):
        self.events.append(("failed" if error else "ended", progress.step.name))


def nothing(_):
    return None


def test_step_waits_for_its_needs(tmp_path):
    order: list[str] = []
    steps = [
        Step(name="c", work=lambda _: order.append("c"), needs=["b"]),
        Step(name="a", work=lambda _: order.append("a")),
        Step(name="b", work=lambda _: order.append("b"), needs=["a"]),
    ]
    Graph(steps, tmp_path / "durations.json").run(Recorder(), interval=0.01)
    assert order == ["a", "b", "c"]


def test_independent_steps_run_in_parallel(tmp_path):
    meeting = threading.Barrier(2)
    steps = [Step(name=name, work=lambda _: meeting.wait(timeout=5) and None) for name in "ab"]
    Graph(steps, tmp_path / "durations.json").run(Recorder(), interval=0.01)


def test_failure_stops_new_steps_and_is_raised(tmp_path):
    recorder = Recorder()
    ended = threading.Event()

    def slow(_):
        time.sleep(0.2)
        ended.set()

    def fail(_):
        raise RuntimeError("broken")

    steps = [
        Step(name="slow", work=slow),
        Step(name="bad", work=fail),
        Step(name="after bad", work=nothing, needs=["bad"]),
        Step(name="after slow", work=nothing, needs=["slow"]),
    ]
    with pytest.raises(RuntimeError, match="broken"):
        Graph(steps, tmp_path / "durations.json").run(recorder, interval=0.01)
    assert ended.is_set()
    assert ("failed", "bad") in recorder.events
    assert ("ended", "slow") in recorder.events
    assert not {("started", "after bad"), ("started", "after slow")} & set(recorder.events)


def test_every_failure_has_its_traceback(tmp_path):
    meeting = threading.Barrier(2)

    def fail(name):
        meeting.wait(timeout=5)
        raise RuntimeError(name)

    steps = [Step(name=name, work=lambda _, name=name: fail(name)) for name in ("one", "two")]
    with pytest.raises(RuntimeError) as caught:
        Graph(steps, tmp_path / "durations.json").run(Recorder(), interval=0.01)
    (note,) = caught.value.__notes__
    other = {"one": "two", "two": "one"}[str(caught.value)]
    assert note.startswith(f"{other} failed, too:\nTraceback")
    assert f"RuntimeError: {other}" in note


def test_time_left_is_that_of_the_longest_chain(tmp_path):
    recorder = Recorder()
    steps = [
        Step(name="short", work=lambda _: time.sleep(0.05), seconds=1),
        Step(name="long", work=lambda _: time.sleep(0.05), seconds=100),
        Step(name="last", work=lambda _: time.sleep(0.05), needs=["short", "long"], seconds=10),
    ]
    Graph(steps, tmp_path / "durations.json").run(recorder, interval=0.01)
    assert recorder.left[0] == pytest.approx(110, abs=1)
    assert recorder.left[-1] == pytest.approx(10, abs=1)


def test_last_duration_is_the_next_estimate(tmp_path):
    record = tmp_path / "durations.json"
    Graph([Step(name="a", work=lambda _: time.sleep(0.1), seconds=500)], record).run(Recorder(), interval=0.01)
    recorder = Recorder()
    Graph([Step(name="a", work=lambda _: time.sleep(0.05), seconds=500)], record).run(recorder, interval=0.01)
    assert recorder.left[0] < 1


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": "x"}'])
def test_invalid_record_is_ignored(tmp_path, content):
    (tmp_path / "durations.json").write_text(content)
    Graph([Step(name="a", work=nothing)], tmp_path / "durations.json").run(Recorder(), interval=0.01)


def test_reported_share_wins_over_the_estimate():
    progress = Progress(Step(name="a", work=nothing, seconds=500), 500, started=time.monotonic() - 10)
    progress(done=0.5, note="half")
    assert progress.left == pytest.approx(10, abs=0.5)
    assert progress.note == "half"
    progress.ended = time.monotonic()
    assert progress.left == 0
