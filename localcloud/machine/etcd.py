"""The cluster's database: every Secret is in it, so nobody reads or writes it but the API server, by certificate."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud.machine import network
from localcloud.machine.certificates import Authority
from localcloud.machine.command import Commands
from localcloud.machine.daemons import Daemon, DaemonError
from localcloud.machine.place import Place
from localcloud.machine.supervisor import Supervisor
from localcloud.machine.toolbox import Toolbox
from localcloud.steps import Report

PORT, PEER_PORT = 2379, 2380
READY_SECONDS = 120.0
CONTROLLERS = ("kube-scheduler", "kube-controller-manager", "kube-apiserver")
CLIENTS = ("kubelet", "kube-proxy", *CONTROLLERS)
# How etcd 3.4 and later end, in lower case; files that were cut or overwritten end it with many different texts.
FATAL = ("panic:", "fatal error:", " c | ", '"level":"fatal"', '"level":"panic"')
# Of those, ends that have nothing to do with what is in its files.
NOT_DAMAGE = (
    "address already in use",
    "cannot allocate memory",
    "certificate",
    "flag provided but not defined",
    "no space left",
    "permission denied",
    "too many open files",
)


@dataclass(frozen=True)
class Etcd:
    """The etcd of one cluster.

    Attributes:
        clients: programs of the same supervisor that stop when it goes back to a snapshot.
    """

    place: Place
    toolbox: Toolbox
    clients: Sequence[str] = CLIENTS

    @property
    def authority(self) -> Authority:
        """Of its own: whoever has any certificate of the cluster would else be let in."""
        return Authority(self.place.home / "certificates/etcd")

    @property
    def data(self) -> Path:
        return self.place.home / "etcd"

    @property
    def damaged(self) -> Path:
        """Where files that could not be read were moved to. There until a deployment has brought all up to date."""
        return self.place.home / "etcd.damaged"

    @property
    def snapshot(self) -> Path:
        return self.place.home / "etcd.snapshot"

    def write_certificates(self) -> None:
        """Have the certificates of the server and of its one client."""
        self.authority.create()
        self.authority.issue("server", "etcd", hosts=["localhost", "127.0.0.1"])
        self.authority.issue("client", "kube-apiserver")

    def daemon(self) -> Daemon:
        """etcd, on the loopback address of the place's network namespace.

        With fsync: without it a killed machine leaves a file that cannot be read.
        """
        address, peer = f"https://127.0.0.1:{PORT}", f"https://127.0.0.1:{PEER_PORT}"
        certificate, key = (self.authority.folder / f"server.{end}" for end in ("crt", "key"))
        return Daemon(
            name="etcd",
            command=[
                *network.enter(self.place),
                self.toolbox.debian("etcd-server"),
                f"--data-dir={self.data}",
                f"--listen-client-urls={address}",
                f"--advertise-client-urls={address}",
                f"--listen-peer-urls={peer}",
                *(
                    word
                    for prefix in ("", "peer-")
                    for word in (
                        f"--{prefix}client-cert-auth",
                        f"--{prefix}trusted-ca-file={self.authority.pair.certificate}",
                        f"--{prefix}cert-file={certificate}",
                        f"--{prefix}key-file={key}",
                    )
                ),
            ],
        )

    def client_flags(self) -> list[str]:
        """How the API server connects."""
        return [
            f"--etcd-servers=https://127.0.0.1:{PORT}",
            f"--etcd-cafile={self.authority.pair.certificate}",
            f"--etcd-certfile={self.authority.folder / 'client.crt'}",
            f"--etcd-keyfile={self.authority.folder / 'client.key'}",
        ]

    def save_snapshot(self, commands: Commands) -> None:
        """Keep a copy of everything in it. After each deployment, so that it agrees with Pulumi's state.

        Raises:
            CommandError: etcd did not answer.
        """
        folder = self.authority.folder
        partial = self.snapshot.with_suffix(".partial")  # etcdctl makes it 0600
        commands.run(
            [
                *network.enter(self.place),
                self.toolbox.debian("etcd-client"),
                f"--endpoints=https://127.0.0.1:{PORT}",
                f"--cacert={self.authority.pair.certificate}",
                f"--cert={folder / 'client.crt'}",
                f"--key={folder / 'client.key'}",
                *("snapshot", "save", partial),
            ],
            log=self.place.log("etcd-snapshot"),
            environment={"ETCDCTL_API": "3"},
        )
        partial.replace(self.snapshot)

    def start(self, supervisor: Supervisor, commands: Commands, report: Report) -> None:
        """Start it; if it cannot read its files, set them aside and use the snapshot of the last deployment.

        Raises:
            DaemonError: it did not come up.
            CommandError: the snapshot cannot be restored.
        """
        if self.damaged.exists() and not self.data.exists():  # killed between setting aside and restoring
            self._restore_snapshot(commands)
        log = self.place.logs / "etcd.log"
        begin = log.stat().st_size if log.exists() else 0
        supervisor.ensure("etcd", lambda: self.answers() or _shows_damage(log, begin), READY_SECONDS)
        if not _shows_damage(log, begin) or self.answers():  # without damage it does
            return
        for name in (*self.clients, "etcd"):  # clients remember revisions that are no more
            supervisor.stop_program(name)
        shutil.rmtree(self.damaged, ignore_errors=True)
        self.data.replace(self.damaged)
        source = "the last deployment" if self.snapshot.exists() else "nothing, as nothing was deployed yet"
        report(note=f"etcd could not read its files, now in {self.damaged}; the cluster continues from {source}")
        try:
            self._restore_snapshot(commands)
            supervisor.ensure("etcd", self.answers, READY_SECONDS)
        except DaemonError:  # then it was not the files
            supervisor.stop_program("etcd")
            shutil.rmtree(self.data, ignore_errors=True)
            self.damaged.replace(self.data)
            raise

    def _restore_snapshot(self, commands: Commands) -> None:
        if not self.snapshot.exists():
            return
        partial = self.data.with_name(f"{self.data.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        commands.run(
            [
                self.toolbox.debian("etcd-client"),
                *("snapshot", "restore", self.snapshot, f"--data-dir={partial}"),
            ],
            log=self.place.log("etcd-snapshot"),
            environment={"ETCDCTL_API": "3"},
        )
        partial.replace(self.data)

    def answers(self) -> bool:
        """Whether it is healthy. Asked from within its namespace, as nothing outside reaches it."""
        certificate, key = (self.authority.folder / f"client.{end}" for end in ("crt", "key"))
        script = (
            "import http.client, ssl, sys; ca, crt, key, port = sys.argv[1:]; "
            "context = ssl.create_default_context(cafile=ca); context.load_cert_chain(crt, key); "
            "c = http.client.HTTPSConnection('127.0.0.1', int(port), timeout=2, context=context); "
            "c.request('GET', '/health'); r = c.getresponse(); sys.exit(b'true' not in r.read())"
        )
        words = [sys.executable, "-c", script, str(self.authority.pair.certificate), str(certificate), str(key)]
        done = subprocess.run(
            [*network.enter(self.place), *words, str(PORT)], capture_output=True, check=False, timeout=10
        )
        return done.returncode == 0


def _shows_damage(log: Path, begin: int) -> bool:
    """Whether etcd ended, after the first `begin` bytes of its log, for something in its files."""
    try:
        with log.open("rb") as file:
            file.seek(begin if log.stat().st_size >= begin else 0)  # supervisord may have set the log aside
            lines = file.read().decode(errors="replace").lower().splitlines()
    except OSError:
        return False
    ends = [line for line in lines if any(sign in line for sign in FATAL)]
    return bool(ends) and not any(sign in line for line in ends for sign in NOT_DAMAGE)
