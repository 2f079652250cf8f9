import subprocess
import sys

from perf.measurement import Measurement


def test_middle_takes_each_figures_own_median():
    runs = [Measurement(wall=1, cpu=9), Measurement(wall=5, cpu=2), Measurement(wall=3, cpu=4)]
    assert Measurement.middle(runs) == Measurement(wall=3, cpu=4)


def test_cpu_time_is_that_of_programs_run():
    program = [sys.executable, "-c", "sum(range(2_000_000))"]
    measured = Measurement.of(lambda: subprocess.run(program, check=True))
    assert measured.cpu > 0
    assert measured.wall > 0


def test_cpu_time_is_not_our_own():
    assert Measurement.of(lambda: sum(range(100_000))).cpu == 0
