import json

from perf.measurement import Measurement
from perf.pair import Result
from perf.table import as_json, as_table

MET = Result("up", "one resource", 1.5, 5, Measurement(4.2, 3.0), Measurement(4.0, 2.0))
MISSED = Result("a changed commit", "by hand", 1.25, 5, Measurement(20.0, 8.0), Measurement(10.0, 1.0))


def test_table_shows_both_figures_ratio_and_goal():
    assert as_table([MET, MISSED]).splitlines() == [
        "                  against       wall s       ratio  goal             CPU s      ratio",
        "up                one resource  4.2 / 4.0    1.05   < 1.50  met      3.0 / 2.0  1.50",
        "a changed commit  by hand       20.0 / 10.0  2.00   < 1.25  not met  8.0 / 1.0  8.00",
    ]


def test_json_has_the_same_facts_and_the_load():
    found = json.loads(as_json([MISSED], (1.5, 2.5)))
    assert found["load"] == [1.5, 2.5]
    assert found["pairs"] == [
        {
            "name": "a changed commit",
            "against": "by hand",
            "runs": 5,
            "wall": {"seconds": 20.0, "against": 10.0, "ratio": 2.0},
            "cpu": {"seconds": 8.0, "against": 1.0, "ratio": 8.0},
            "goal": 1.25,
            "met": False,
        }
    ]
