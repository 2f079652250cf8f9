"""A command opens the local cloud that the user chose; its errors are printed as sentences and recorded."""

from __future__ import annotations

import fcntl
import json
import signal
import threading

import pytest

from localcloud import commands as module
from localcloud import session
from localcloud.cloud import LocalCloud
from localcloud.doctor import Finding, Verdict
from localcloud.machine.command import CancelledError, CommandError
from localcloud.machine.docker import DockerError

from .command_line import run_local

pytestmark = pytest.mark.usefixtures("fit_instance")


def test_failure_is_printed_without_traceback(graph, capsys):
    def fail(_):
        raise CommandError("the build broke; the whole log is /x")

    graph(fail)
    assert run_local(["up"]) == 1
    assert capsys.readouterr() == ("", "error: the build broke; the whole log is /x\nrun `slipway local status`\n")


def test_error_of_the_machine_points_to_the_doctor(graph, capsys):
    def fail(_):
        raise DockerError("no engine answers")

    graph(fail)
    assert run_local(["up", "--json"]) == 1
    failure = {"status": 1, "error": "no engine answers", "next": "slipway local doctor"}
    assert json.loads(capsys.readouterr().out) == failure


def test_stop_says_how_to_continue(graph, capsys):
    def stop(_):
        raise CancelledError

    graph(stop)
    assert run_local(["up"]) == 130
    assert capsys.readouterr() == ("", "stopped; run the same command again to continue\n")


def test_ctrl_c_ends_running_programs(graph, monkeypatch, instance):
    clouds = []

    def made(*arguments):
        clouds.append(LocalCloud(*arguments))
        return clouds[-1]

    def work(_):
        threading.Timer(0.2, lambda: signal.raise_signal(signal.SIGINT)).start()
        worker = threading.Thread(target=run)
        worker.start()
        while worker.is_alive():  # the main thread is the one that hears signals, as it is in Graph.run
            worker.join(0.05)
        raise ended[0]

    def run():
        try:
            clouds[0].commands.run(["sleep", "20"], log=instance.logs / "x.log")
        except CancelledError as stop:
            ended.append(stop)

    ended: list[CancelledError] = []
    monkeypatch.setattr(session, "LocalCloud", made)
    graph(work)
    assert run_local(["up"]) == 130


def test_unfit_machine_is_refused_before_any_step(graph, capsys, monkeypatch):
    monkeypatch.setattr(module, "examine", lambda *_: [Finding(Verdict.BAD, "disk", "too small")])
    graph(lambda _: pytest.fail("started"))
    assert run_local(["up"]) == 1
    said = capsys.readouterr().err
    assert "✗ disk: too small" in said
    assert said.endswith("run `slipway local doctor`\n")


def test_second_command_is_refused_and_names_the_first(instance, capsys):
    with instance.lock.open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run_local(["down"]) == 1
    assert "process 4711 works on slipway-8: wait for it" in capsys.readouterr().err


def test_traceback_is_in_a_private_log(graph, instance, capsys):
    def fail(_):
        raise KeyError("surprise")

    graph(fail)
    assert run_local(["up"]) == 1
    log = instance.logs / "errors.log"
    assert f"unexpected error: KeyError: 'surprise'\nthe traceback is in {log}" in capsys.readouterr().err
    assert 'raise KeyError("surprise")' in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def read_overrides(graph, monkeypatch, *words):
    """What goes before the stack file's configuration in an `up` with these words."""
    seen = []

    def made(instance, stack):
        seen.append(stack)
        return LocalCloud(instance, stack)

    monkeypatch.setattr(session, "LocalCloud", made)
    assert run_local(["up", *words]) == 0
    return seen[0].overrides


def test_older_release_is_looked_up(graph, monkeypatch):
    assert read_overrides(graph, monkeypatch, "--release", "v1") == {
        "slipway:release": "v1",
        "slipway:images": "registry",
    }
    assert read_overrides(graph, monkeypatch) == {}


def test_services_option_selects_services(graph, monkeypatch):
    found = read_overrides(graph, monkeypatch, "--services", "chatbot-frontend,backend")
    assert list(found["slipway:services"]) == ["backend", "chatbot-frontend"]
    assert set(found) == {"slipway:services"}


def test_services_option_works_with_release(graph, monkeypatch):
    found = read_overrides(graph, monkeypatch, "--services", "backend", "--release", "v1")
    assert set(found) == {"slipway:release", "slipway:images", "slipway:services"}


def test_unknown_service_is_refused_before_any_step(graph, capsys):
    graph(lambda _: pytest.fail("started"))
    assert run_local(["up", "--services", "frontend"]) == 1
    assert capsys.readouterr().err == (
        "error: SERVICES has frontend, which is no service; there are backend, chatbot-backend, chatbot-frontend\n"
    )
