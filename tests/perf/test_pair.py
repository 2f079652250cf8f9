import pytest

from perf.measurement import Measurement
from perf.pair import Pair, Result, Way


def result(wall=3.0, reference=2.0, goal=1.5):
    return Result("ours", "theirs", goal, 5, Measurement(wall, 4.0), Measurement(reference, 1.0))


def test_ratios_of_wall_and_cpu_time():
    assert (result().wall_ratio, result().cpu_ratio) == (1.5, 4.0)


@pytest.mark.parametrize(("wall", "met"), [(2.9, True), (3.0, False), (3.1, False)])
def test_goal_is_met_below_it(wall, met):
    assert result(wall=wall).is_met is met


def test_ways_run_in_turn_after_one_unmeasured_run_each():
    calls, shown = [], []
    ours = Way("ours", lambda: calls.append("a"), lambda: calls.append("prepare"))
    found = Pair(ours, Way("theirs", lambda: calls.append("b")), 1.5).measure(2, shown.append)
    assert calls == ["prepare", "a", "b"] * 3
    assert (found.name, found.reference_name, found.goal, found.runs) == ("ours", "theirs", 1.5, 2)
    assert len(shown) == 2


def test_failed_run_ends_the_measurement():
    def fail():
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        Pair(Way("ours", fail), Way("theirs", lambda: None), 1.5).measure(1, print)
