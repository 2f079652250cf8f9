"""The commands of the local cloud, as `slipway local` runs them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import threading
from pathlib import Path

import pytest

from delivery.commands import releases, rollbacks
from delivery.outcome import Report
from localcloud import commands as module
from localcloud import session
from localcloud.cloud import LocalCloud
from localcloud.doctor import Finding, Verdict
from localcloud.doctor import examine as real_examine
from localcloud.instance import Instance
from localcloud.live_release import LiveRelease, LiveService
from localcloud.machine.command import CancelledError, CommandError
from localcloud.machine.docker import DockerError
from localcloud.machine.supervisor import Supervisor
from localcloud.stack import checkout
from slipway.__main__ import main as slipway


def main(words):
    return slipway(["local", *words])


@pytest.fixture(autouse=True)
def _instance(instance, monkeypatch):
    """Commands work on the test's instance; the machine is fit for it."""
    monkeypatch.setattr(Instance, "from_environment", classmethod(lambda _: instance))
    monkeypatch.setattr(module, "examine", lambda *_: [Finding(Verdict.GOOD, "x", "y")])
    monkeypatch.setattr(Supervisor, "end_runs", lambda _: None)


@pytest.fixture
def graph(monkeypatch):
    """What `up` runs instead of the steps."""

    def set_to(work):
        monkeypatch.setattr(module.Graph, "run", lambda self, _: work(self))

    set_to(lambda _: None)
    return set_to


def test_up_prints_the_live_release(graph, capsys, monkeypatch):
    live = LiveRelease("6eb82ce1" * 5, False, [LiveService("backend", "3f2a91c4d5e6", "http://127.0.0.1:8880")])
    monkeypatch.setattr(session, "LocalCloud", lambda *arguments: LocalCloud(*arguments, live=live))
    assert main(["up"]) == 0
    out = capsys.readouterr().out
    assert "release 6eb82ce16eb8 is live:\n  backend            3f2a91c4d5e6 http://127.0.0.1:8880\n" in out
    assert "status page: http://127.0.0.1:" in out
    assert "up in " in out


def test_failure_is_printed_without_traceback(graph, capsys):
    def fail(_):
        raise CommandError("the build broke; the whole log is /x")

    graph(fail)
    assert main(["up"]) == 1
    assert capsys.readouterr() == ("", "error: the build broke; the whole log is /x\nrun `slipway local status`\n")


def test_what_the_machine_lacks_is_the_doctors_to_explain(graph, capsys):
    def fail(_):
        raise DockerError("no engine answers")

    graph(fail)
    assert main(["up", "--json"]) == 1
    failure = {"status": 1, "error": "no engine answers", "next": "slipway local doctor"}
    assert json.loads(capsys.readouterr().out) == failure


def test_stop_says_how_to_continue(graph, capsys):
    def stopped(_):
        raise CancelledError

    graph(stopped)
    assert main(["up"]) == 130
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
    assert main(["up"]) == 130


def test_unfit_machine_is_refused_before_any_step(graph, capsys, monkeypatch):
    monkeypatch.setattr(module, "examine", lambda *_: [Finding(Verdict.BAD, "disk", "too small")])
    graph(lambda _: pytest.fail("started"))
    assert main(["up"]) == 1
    said = capsys.readouterr().err
    assert "✗ disk: too small" in said
    assert said.endswith("run `slipway local doctor`\n")


def test_second_command_is_refused_and_names_the_first(instance, capsys):
    with instance.lock.open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["down"]) == 1
    assert "process 4711 works on slipway-8: wait for it" in capsys.readouterr().err


def overrides(graph, monkeypatch, *words):
    """What goes before the stack file's configuration in an `up` with these words."""
    seen = []

    def made(instance, stack):
        seen.append(stack)
        return LocalCloud(instance, stack)

    monkeypatch.setattr(session, "LocalCloud", made)
    assert main(["up", *words]) == 0
    return seen[0].overrides


def test_older_release_is_looked_up(graph, monkeypatch):
    assert overrides(graph, monkeypatch, "--release", "v1") == {"slipway:release": "v1", "slipway:images": "registry"}
    assert overrides(graph, monkeypatch) == {}


def test_services_option_selects_services(graph, monkeypatch):
    found = overrides(graph, monkeypatch, "--services", "chatbot-frontend,backend")
    assert list(found["slipway:services"]) == ["backend", "chatbot-frontend"]
    assert set(found) == {"slipway:services"}


def test_services_option_works_with_release(graph, monkeypatch):
    found = overrides(graph, monkeypatch, "--services", "backend", "--release", "v1")
    assert set(found) == {"slipway:release", "slipway:images", "slipway:services"}


def test_unknown_service_is_refused_before_any_step(graph, capsys):
    graph(lambda _: pytest.fail("started"))
    assert main(["up", "--services", "frontend"]) == 1
    assert capsys.readouterr().err == (
        "error: SERVICES has frontend, which is no service; there are backend, chatbot-backend, chatbot-frontend\n"
    )


def test_down_and_purge_name_what_remains(capsys, monkeypatch):
    seen = []
    monkeypatch.setattr(module.down, "down", lambda *_: seen.append("down"))
    monkeypatch.setattr(module.down, "purge", lambda *_: seen.append("purge"))
    monkeypatch.setattr(module.down, "others_up", lambda _: [3])
    monkeypatch.setattr(module.down, "purge_shared", lambda *_: seen.append("shared") or ["4"])
    assert main(["down"]) == 0
    assert main(["down", "--purge"]) == 0
    assert seen == ["down", "down", "purge"]
    assert "slipway-8 is down; still up: [3]" in capsys.readouterr().out
    assert main(["down", "--purge-all"]) == 0
    assert seen[3:] == ["down", "purge", "shared"]
    assert "tools and images were not deleted, because other instances use them: 4" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "done"), [([], ["down"]), (["--purge"], ["down", "purge"])])
def test_down_takes_the_second_account_of_a_rehearsal_too_and_first(words, done, capsys, monkeypatch):
    seen = []
    found = {8: Instance(number=9, cache=Instance.from_environment().cache)}
    monkeypatch.setattr(module.second_instance, "find", lambda instance: found.get(instance.number))
    for name in ("down", "purge"):
        monkeypatch.setattr(module.down, name, lambda instance, _, name=name: seen.append((instance.number, name)))
    monkeypatch.setattr(module.down, "others_up", lambda _: [])
    assert main(["down", *words]) == 0
    assert seen == [(number, name) for number in (9, 8) for name in done]
    assert capsys.readouterr().out == "slipway-9 is down\nslipway-8 is down\n"


@pytest.mark.parametrize("command", [["up"], ["down"], ["status"], ["doctor"], ["run", "true"]])
@pytest.mark.parametrize(
    ("platform", "user", "words"), [("darwin", 0, "this is macOS"), ("linux", 1000, "needs root")]
)
def test_machine_without_node_support_is_refused(command, platform, user, words, capsys, monkeypatch):
    monkeypatch.setattr(module, "examine", real_examine)
    monkeypatch.setattr(module.host.sys, "platform", platform)
    monkeypatch.setattr(module.host.os, "geteuid", lambda: user)
    assert main(command) == 1
    said = capsys.readouterr()
    (line,) = (said.out if command == ["doctor"] else said.err).splitlines()
    assert words in line
    assert "`make preview` and `make test` work here" in line


def test_traceback_is_in_a_private_log(graph, instance, capsys):
    def fail(_):
        raise KeyError("surprise")

    graph(fail)
    assert main(["up"]) == 1
    log = instance.logs / "errors.log"
    assert f"unexpected error: KeyError: 'surprise'\nthe traceback is in {log}" in capsys.readouterr().err
    assert 'raise KeyError("surprise")' in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_status_fails_if_a_program_is_down(capsys, monkeypatch):
    assert main(["status"]) == 1
    assert "slipway-8 is down" in capsys.readouterr().out
    monkeypatch.setattr(Supervisor, "states", lambda _: {"etcd": "RUNNING"})
    assert main(["status"]) == 0
    out = capsys.readouterr().out
    for line in (
        "  backend: http://127.0.0.1:8880\n",
        "  chatbot-backend: http://127.0.0.1:8881\n",
        "  chatbot-frontend: http://127.0.0.1:8890\n",
    ):
        assert line in out
    assert main(["status", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["programs"], facts["services"]["backend"]) == ({"etcd": "running"}, "http://127.0.0.1:8880")
    monkeypatch.setattr(Supervisor, "states", lambda _: {"etcd": "FATAL"})
    assert main(["status"]) == 1
    assert "✗ etcd: fatal" in capsys.readouterr().out


@pytest.fixture
def engine(monkeypatch, tmp_path):
    """A stack that runs nothing, in an environment of its own."""
    worked = []

    class Session:
        environment = {"SLIPWAY_TEST": "of the stack"}

        def create_stack(self):
            worked.append("create")

    class Workspace:
        def session(self):
            return contextlib.nullcontext(Session())

    def see(name):
        def seen(*words):
            worked.append((name, words, os.environ.get("SLIPWAY_TEST"), Path.cwd()))
            return Report(facts={"stacks": {}})

        return seen

    monkeypatch.setattr(LocalCloud, "workspace", Workspace())
    monkeypatch.setattr(module, "recover", lambda _: worked.append("recover"))
    monkeypatch.setattr(releases, "show", see("show"))
    monkeypatch.setattr(rollbacks, "roll_back", see("roll back"))
    monkeypatch.chdir(tmp_path)
    return worked


def test_history_uses_the_stacks_environment_only_while_it_runs(engine, instance, tmp_path):
    assert main(["history", "--number", "3"]) == 0
    file = instance.home / "Pulumi.local.yaml"
    assert engine == ["create", ("show", (["local"], file, 3), "of the stack", checkout())]
    assert ("SLIPWAY_TEST" in os.environ, Path.cwd()) == (False, tmp_path)


def test_a_rollback_recovers_what_a_killed_update_left(engine, instance):
    assert main(["rollback", "--to", "v1"]) == 0
    created, recovered, (name, (request,), environment, _) = engine
    assert (created, recovered, name, request.to) == ("create", "recover", "roll back", "v1")
    assert (environment, request.holds) == ("of the stack", False)
    stack = request.target.stack
    assert (stack.name, stack.config_file) == ("local", instance.home / "Pulumi.local.yaml")


def test_doctor_fails_only_for_what_up_cannot_fix(capsys, monkeypatch):
    assert main(["doctor"]) == 0
    monkeypatch.setattr(module, "examine", lambda *_: [Finding(Verdict.WILL_DO, "a", "b")])
    assert main(["doctor"]) == 0
    monkeypatch.setattr(module, "examine", lambda *_: [Finding(Verdict.BAD, "a", "b")])
    assert main(["doctor"]) == 1
    capsys.readouterr()
    assert main(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"] == [{"verdict": "bad", "what": "a", "detail": "b"}]


def test_preview_prints_the_planned_changes(graph, capsys, monkeypatch):
    monkeypatch.setattr(module.LocalCloud, "workspace", None)
    monkeypatch.setattr(module.Deployment, "preview", lambda _: "1 changed\n")
    assert main(["preview"]) == 0
    assert capsys.readouterr().out == "1 changed\n"
