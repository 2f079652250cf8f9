from contextlib import contextmanager

import pytest

from perf import bench
from perf.command import RunError
from perf.pair import Pair, Way


def pairs(run):
    @contextmanager
    def made():
        yield [Pair(Way("ours", run), Way("theirs", lambda: None), 0.0)]

    return made


def test_defaults():
    options = bench.parse([])
    assert (options.runs, options.json) == (bench.RUNS, False)


def test_options():
    options = bench.parse(["--runs", "2", "--json"])
    assert (options.runs, options.json) == (2, True)


@pytest.mark.parametrize("runs", ["0", "-1", "many"])
def test_runs_must_be_a_count(runs, capsys):
    with pytest.raises(SystemExit):
        bench.parse(["--runs", runs])
    assert "--runs" in capsys.readouterr().err


@pytest.fixture
def no_division(monkeypatch):
    """No child runs here: ratios of CPU time would divide by zero."""
    monkeypatch.setattr("perf.measurement._children_cpu", iter(range(1000)).__next__)


@pytest.mark.usefixtures("no_division")
def test_missed_goal_is_printed_and_no_failure(monkeypatch, capsys):
    monkeypatch.setattr(bench, "_pairs", pairs(lambda: None))
    assert bench.main(["--runs", "1"]) == 0
    assert "not met" in capsys.readouterr().out


def test_failed_run_is_exit_status_1(monkeypatch, capsys):
    def fail():
        raise RunError("`make up` ended with status 1")

    monkeypatch.setattr(bench, "_pairs", pairs(fail))
    assert bench.main(["--runs", "1"]) == 1
    assert "`make up` ended with status 1" in capsys.readouterr().err
