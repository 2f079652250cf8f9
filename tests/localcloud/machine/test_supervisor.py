"""A real supervisord and real programs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest

from localcloud.instance import Instance
from localcloud.machine.command import CancelledError
from localcloud.machine.daemons import Daemon, DaemonError, listens
from localcloud.machine.marked_processes import RUN_MARK
from localcloud.machine.supervisor import Supervisor


@pytest.fixture
def supervisor(instance):
    made = Supervisor(instance)
    yield made
    made.stop()


def sleeper(name="sleeper", seconds=60):
    return Daemon(name=name, command=["/bin/sleep", str(seconds)])


def up(supervisor, name):
    supervisor.ensure(name, lambda: supervisor.state(name) == "RUNNING", 10)
    return supervisor._call("supervisor.getProcessInfo", name)["pid"]


def test_program_is_started_once(supervisor):
    supervisor.start([sleeper()])
    pid = up(supervisor, "sleeper")
    assert up(supervisor, "sleeper") == pid
    assert supervisor.states() == {"sleeper": "RUNNING"}


def test_dead_program_is_restarted(supervisor):
    supervisor.start([sleeper()])
    pid = up(supervisor, "sleeper")
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while supervisor._call("supervisor.getProcessInfo", "sleeper")["pid"] in {pid, 0}:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_second_start_restarts_changed_programs_only(supervisor):
    supervisor.start([sleeper("same"), sleeper("changed"), sleeper("gone")])
    pids = {name: up(supervisor, name) for name in ("same", "changed", "gone")}
    supervisor.start([sleeper("same"), sleeper("changed", 61), sleeper("new")])
    assert up(supervisor, "same") == pids["same"]
    assert up(supervisor, "changed") != pids["changed"]
    assert set(supervisor.states()) == {"same", "changed", "new"}
    assert not psutil.pid_exists(pids["gone"])


def test_fatal_program_is_named_with_last_lines(supervisor, instance):
    supervisor.start([Daemon(name="broken", command=["/bin/sh", "-c", "echo no disk; exit 3"])])
    with pytest.raises(DaemonError, match=r"broken did not come up(.|\n)*no disk"):
        supervisor.ensure("broken", lambda: False, 5)


def test_stop_ends_leftovers_of_a_dead_supervisor(supervisor, instance):
    supervisor.start([sleeper()])
    pid = up(supervisor, "sleeper")
    os.kill(int((instance.run / "supervisord.pid").read_text()), signal.SIGKILL)
    deadline = time.monotonic() + 5
    while supervisor.running:
        assert time.monotonic() < deadline
    assert psutil.pid_exists(pid)
    supervisor.stop()
    assert not psutil.pid_exists(pid)
    assert supervisor.states() == {}


def test_programs_of_a_killed_run_are_ended(supervisor, instance):
    environments = [{**os.environ, RUN_MARK: name} for name in (str(instance.run), "slipway-x")]
    with (
        subprocess.Popen(["sleep", "60"], env=environments[0]) as orphan,
        subprocess.Popen(["sleep", "60"], env=environments[1]) as stranger,
    ):
        supervisor.end_runs()
        assert not psutil.pid_exists(orphan.pid)
        assert stranger.poll() is None
        stranger.kill()


def test_special_characters_reach_the_program(supervisor, instance):
    script = "import os,sys,time; print(os.environ['TOKEN'], sys.argv[1:], flush=True); time.sleep(60)"
    words = ["a folder/with spaces", "100%", "x ;y #z", "it's", '"quoted"', "$HOME"]
    supervisor.start(
        [Daemon(name="env", command=[sys.executable, "-c", script, *words], environment={"TOKEN": "a%b,c=d"})]
    )
    log = instance.logs / "env.log"
    supervisor.ensure("env", lambda: log.exists() and f"a%b,c=d {words}" in log.read_text(), 10)


def test_instance_folder_may_have_spaces(tmp_path, monkeypatch):
    instance = Instance(number=8, cache=tmp_path / "my cache; with # signs")
    monkeypatch.setattr(Instance, "run", property(lambda self: tmp_path / "run" / str(self.number)))
    supervisor = Supervisor(instance)
    try:
        supervisor.start([sleeper()])
        up(supervisor, "sleeper")
    finally:
        supervisor.stop()


def test_shared_program_is_not_restarted(supervisor):
    def engine(seconds):
        return Daemon(name="engine", command=["/bin/sleep", str(seconds)], shared=True)

    supervisor.start([engine(60)])
    pid = up(supervisor, "engine")
    supervisor.start([engine(61)])
    assert up(supervisor, "engine") == pid


def test_wait_ends_on_cancel(instance):
    stop = threading.Event()
    supervisor = Supervisor(instance, stop)
    try:
        supervisor.start([sleeper()])
        threading.Timer(0.3, stop.set).start()
        begin = time.monotonic()
        with pytest.raises(CancelledError):
            supervisor.ensure("sleeper", lambda: False, 120)
        assert time.monotonic() - begin < 5
    finally:
        Supervisor(instance).stop()


def test_configuration_file_is_private(supervisor, instance):
    supervisor.start([sleeper()])
    assert (instance.home / "supervisord.conf").stat().st_mode & 0o777 == 0o600


def test_listens_only_while_port_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert listens("127.0.0.1", port)
    assert not listens("127.0.0.1", port)
