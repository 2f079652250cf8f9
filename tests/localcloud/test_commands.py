"""`slipway local` brings the local cloud up and down, and shows its status, history and machine."""

from __future__ import annotations

import contextlib
import json
import os
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
from localcloud.machine.supervisor import Supervisor
from localcloud.stack import checkout

from .command_line import run_local

pytestmark = pytest.mark.usefixtures("fit_instance")


def test_up_prints_the_live_release(graph, capsys, monkeypatch):
    live = LiveRelease("6eb82ce1" * 5, False, [LiveService("backend", "3f2a91c4d5e6", "http://127.0.0.1:8880")])
    monkeypatch.setattr(session, "LocalCloud", lambda *arguments: LocalCloud(*arguments, live=live))
    assert run_local(["up"]) == 0
    out = capsys.readouterr().out
    assert "release 6eb82ce16eb8 is live:\n  backend            3f2a91c4d5e6 http://127.0.0.1:8880\n" in out
    assert "status page: http://127.0.0.1:" in out
    assert "up in " in out


def test_down_and_purge_name_what_remains(capsys, monkeypatch):
    seen = []
    monkeypatch.setattr(module.down, "down", lambda *_: seen.append("down"))
    monkeypatch.setattr(module.down, "purge", lambda *_: seen.append("purge"))
    monkeypatch.setattr(module.down, "others_up", lambda _: [3])
    monkeypatch.setattr(module.down, "purge_shared", lambda *_: seen.append("shared") or ["4"])
    assert run_local(["down"]) == 0
    assert run_local(["down", "--purge"]) == 0
    assert seen == ["down", "down", "purge"]
    assert "slipway-8 is down; still up: [3]" in capsys.readouterr().out
    assert run_local(["down", "--purge-all"]) == 0
    assert seen[3:] == ["down", "purge", "shared"]
    assert "tools and images were not deleted, because other instances use them: 4" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "done"), [([], ["down"]), (["--purge"], ["down", "purge"])])
def test_down_ends_the_second_account_of_a_rehearsal_first(words, done, capsys, monkeypatch):
    seen = []
    found = {8: Instance(number=9, cache=Instance.from_environment().cache)}
    monkeypatch.setattr(module.second_instance, "find", lambda instance: found.get(instance.number))
    for name in ("down", "purge"):
        monkeypatch.setattr(module.down, name, lambda instance, _, name=name: seen.append((instance.number, name)))
    monkeypatch.setattr(module.down, "others_up", lambda _: [])
    assert run_local(["down", *words]) == 0
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
    assert run_local(command) == 1
    said = capsys.readouterr()
    (line,) = (said.out if command == ["doctor"] else said.err).splitlines()
    assert words in line
    assert "`make preview` and `make test` work here" in line


def test_status_fails_if_a_program_is_down(capsys, monkeypatch):
    assert run_local(["status"]) == 1
    assert "slipway-8 is down" in capsys.readouterr().out
    monkeypatch.setattr(Supervisor, "states", lambda _: {"etcd": "RUNNING"})
    assert run_local(["status"]) == 0
    out = capsys.readouterr().out
    for line in (
        "  backend: http://127.0.0.1:8880\n",
        "  chatbot-backend: http://127.0.0.1:8881\n",
        "  chatbot-frontend: http://127.0.0.1:8890\n",
    ):
        assert line in out
    assert run_local(["status", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["programs"], facts["services"]["backend"]) == ({"etcd": "running"}, "http://127.0.0.1:8880")
    monkeypatch.setattr(Supervisor, "states", lambda _: {"etcd": "FATAL"})
    assert run_local(["status"]) == 1
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
    assert run_local(["history", "--number", "3"]) == 0
    file = instance.home / "Pulumi.local.yaml"
    assert engine == ["create", ("show", (["local"], file, 3), "of the stack", checkout())]
    assert ("SLIPWAY_TEST" in os.environ, Path.cwd()) == (False, tmp_path)


def test_a_rollback_recovers_what_a_killed_update_left(engine, instance):
    assert run_local(["rollback", "--to", "v1"]) == 0
    created, recovered, (name, (request,), environment, _) = engine
    assert (created, recovered, name, request.to) == ("create", "recover", "roll back", "v1")
    assert (environment, request.holds) == ("of the stack", False)
    stack = request.target.stack
    assert (stack.name, stack.config_file) == ("local", instance.home / "Pulumi.local.yaml")


def test_doctor_fails_only_for_what_up_cannot_fix(capsys, monkeypatch):
    assert run_local(["doctor"]) == 0
    monkeypatch.setattr(module, "examine", lambda *_: [Finding(Verdict.WILL_DO, "a", "b")])
    assert run_local(["doctor"]) == 0
    monkeypatch.setattr(module, "examine", lambda *_: [Finding(Verdict.BAD, "a", "b")])
    assert run_local(["doctor"]) == 1
    capsys.readouterr()
    assert run_local(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"] == [{"verdict": "bad", "what": "a", "detail": "b"}]


def test_preview_prints_the_planned_changes(graph, capsys, monkeypatch):
    monkeypatch.setattr(module.LocalCloud, "workspace", None)
    monkeypatch.setattr(module.Deployment, "preview", lambda _: "1 changed\n")
    assert run_local(["preview"]) == 0
    assert capsys.readouterr().out == "1 changed\n"
