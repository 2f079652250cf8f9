"""etcd's files: who may read them, and what happens when they cannot be read."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from localcloud.machine.daemons import DaemonError
from localcloud.machine.etcd import CLIENTS, Etcd, _shows_damage

from ..conftest import Fake

# Ends that etcd 3.4.23 was seen to come to after its files had been cut or overwritten by hand.
DAMAGE = [
    "panic: freepages: failed to get all reachable pages (page 0: invalid type: unknown<00>)",
    "2026-11-25 13:08:58.802623 C | etcdmain: proto: Record: wiretype end group for non-group",
    "fatal error: fault",
    '{"level":"panic","msg":"failed to open database"}',
]
OTHER = [
    "2026-11-25 13:08:58.802623 C | etcdmain: listen tcp 127.0.0.1:2379: bind: address already in use",
    "panic: write member/wal: no space left on device",
    "2026-11-25 13:08:58.800478 I | embed: initial cluster =",
]


@pytest.fixture
def etcd(instance, toolbox):
    made = Etcd(instance, toolbox)
    made.write_certificates()
    return made


def test_accepts_only_own_client_certificate_on_loopback(etcd):
    flags = list(map(str, etcd.daemon().command))
    for prefix in ("", "peer-"):
        assert f"--{prefix}client-cert-auth" in flags
        assert f"--{prefix}trusted-ca-file={etcd.authority.pair.certificate}" in flags
    assert [flag for flag in flags if flag.startswith("--listen")] == [
        "--listen-client-urls=https://127.0.0.1:2379",
        "--listen-peer-urls=https://127.0.0.1:2380",
    ]
    assert etcd.authority.folder != etcd.place.home / "certificates"
    assert "--unsafe-no-fsync" not in flags
    assert {file.stat().st_mode & 0o777 for file in etcd.authority.folder.glob("*.key")} == {0o600}


def test_api_server_has_the_client_certificate(etcd):
    flags = dict(flag.split("=", 1) for flag in etcd.client_flags())
    assert flags["--etcd-servers"] == "https://127.0.0.1:2379"
    context = ssl.create_default_context(cafile=flags["--etcd-cafile"])
    context.load_cert_chain(flags["--etcd-certfile"], flags["--etcd-keyfile"])


@pytest.mark.parametrize(("line", "damage"), [*((line, True) for line in DAMAGE), *((line, False) for line in OTHER)])
def test_log_shows_damage_or_another_failure(tmp_path, line, damage):
    log = tmp_path / "etcd.log"
    log.write_text(f"panic: an older one\n{line}\n")
    assert _shows_damage(log, len("panic: an older one\n")) is damage


class Supervisor:
    """An etcd that writes `ends` to its log at each start, until its data folder is gone; `always` even then."""

    def __init__(self, etcd, *, always=False):
        self.etcd, self.always, self.stopped = etcd, always, []

    @property
    def healthy(self):
        return not self.always and not (self.etcd.data / "torn").exists()

    def ensure(self, name, ready, seconds):
        self.etcd.data.mkdir(exist_ok=True)
        if not self.healthy:
            with (self.etcd.place.logs / "etcd.log").open("a") as log:
                log.write("panic: freepages\n")
        if not ready():
            raise DaemonError("etcd did not come up")

    def stop_program(self, name):
        self.stopped.append(name)


@pytest.fixture
def torn(etcd):
    etcd.data.mkdir()
    (etcd.data / "torn").touch()
    return etcd


class Restore(Fake):
    """An etcdctl that leaves the folder that it is asked for."""

    def run(self, command, **options):
        folder = Path(str(command[-1]).removeprefix("--data-dir="))
        folder.mkdir()
        (folder / "restored").touch()
        return super().run(command, **options)


def test_an_interrupted_restore_continues_from_the_snapshot(etcd, monkeypatch):
    """The run was killed after it moved the damaged data."""
    etcd.damaged.mkdir(parents=True)
    etcd.snapshot.touch()
    monkeypatch.setattr(Etcd, "answers", lambda _: True)
    etcd.start(Supervisor(etcd), Restore(), lambda **_: None)
    assert (etcd.data / "restored").exists()


def test_damaged_files_are_moved_and_reported(torn, monkeypatch):
    supervisor, notes = Supervisor(torn), []
    monkeypatch.setattr(Etcd, "answers", lambda _: supervisor.healthy)
    torn.snapshot.touch()
    commands = Restore()
    torn.start(supervisor, commands, lambda note: notes.append(note))
    assert (torn.damaged / "torn").exists()
    assert "the cluster continues from the last deployment" in notes[0]
    assert commands.calls[0].endswith(f"etcdctl snapshot restore {torn.snapshot} --data-dir={torn.data}.partial")
    assert (torn.data / "restored").exists()
    assert supervisor.stopped == [*CLIENTS, "etcd"]


def test_files_are_restored_if_they_were_not_the_cause(torn, monkeypatch):
    supervisor = Supervisor(torn, always=True)
    monkeypatch.setattr(Etcd, "answers", lambda _: supervisor.healthy)
    with pytest.raises(DaemonError):
        torn.start(supervisor, Fake(), lambda **_: None)
    assert (torn.data / "torn").exists()
    assert not torn.damaged.exists()
