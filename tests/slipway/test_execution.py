from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from delivery.outcome import DeliveryError, MissingError, RefusedError, Report, RolledBackError, Status
from slipway.execution import run

SECRET = "dop_v1_" + "a" * 64


def work():
    print("begun")
    subprocess.run([sys.executable, "-c", "print('a child')"], check=True)
    return Report(Status.FAILED, {"name": "übung", "at": datetime(2026, 11, 26, tzinfo=UTC)})


def test_a_person_reads_what_is_printed(capfd):
    assert run(work, as_json=False) == 1
    assert capfd.readouterr() == ("begun\na child\n", "") or capfd.readouterr() == ("a child\nbegun\n", "")


def test_a_program_reads_one_object_and_nothing_else(capfd):
    assert run(work, as_json=True) == 1
    out, err = capfd.readouterr()
    assert json.loads(out) == {"status": 1, "name": "übung", "at": "2026-11-26 00:00:00+00:00"}
    assert err == "a child\n"


def test_progress_goes_to_standard_error_while_a_program_reads(capfd):
    assert run(work, as_json=True, streams=True) == 1
    out, err = capfd.readouterr()
    assert (json.loads(out)["status"], sorted(err.split("\n"))) == (1, ["", "a child", "begun"])


def fail_with(error):
    def action():
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (DeliveryError("it broke"), 1, "error: it broke\n"),
        (RefusedError("not now"), 3, "error: not now\nrun `slipway stack status`\n"),
        (RefusedError("locked; see `slipway stack unstick`"), 3, "error: locked; see `slipway stack unstick`\n"),
        (RolledBackError("it failed"), 6, "error: it failed\nrun `slipway stack status`\n"),
        (MissingError(f"{SECRET} is no token"), 5, "error: [redacted] is no token\n"),
        (FileNotFoundError(2, "No such file or directory", "uv"), 1, "error: uv: No such file or directory\n"),
        (KeyboardInterrupt(), 130, "stopped\n"),
        (KeyError("x"), 1, "error: unexpected KeyError: 'x'; SLIPWAY_DEBUG=1 shows where\n"),
    ],
)
def test_an_error_is_a_sentence_with_its_status_and_the_next_command(capsys, error, status, text):
    hints = {Status.REFUSED: "slipway stack status"}
    assert run(fail_with(error), as_json=False, hints=hints) == status
    assert capsys.readouterr() == ("", text)


def test_an_error_is_an_object_for_a_program(capsys):
    assert run(fail_with(RolledBackError("it failed")), as_json=True) == 6
    facts = {"status": 6, "error": "it failed", "next": "slipway stack status"}
    assert json.loads(capsys.readouterr().out) == facts


def test_pulumis_error_for_a_person_is_no_defect(capsys):
    import pulumi

    assert run(fail_with(pulumi.RunError("the key is wrong")), as_json=False) == 1
    assert capsys.readouterr().err == "error: the key is wrong\n"


@pytest.mark.parametrize("variable", ["SLIPWAY_DEBUG", "GITHUB_ACTIONS"])
def test_a_defect_shows_its_location_on_request_and_in_workflow_logs(capsys, monkeypatch, variable):
    monkeypatch.setenv(variable, "1")
    assert run(fail_with(KeyError(SECRET)), as_json=False) == 1
    err = capsys.readouterr().err
    assert ("in action" in err, SECRET in err) == (True, False)
