"""A one-node Kubernetes from its own binaries: the flags of each program, and in which order they start."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import httpx

from localcloud.instance import Instance
from localcloud.machine import mounts, network
from localcloud.machine.certificates import SERVICE_ACCOUNTS
from localcloud.machine.command import Commands
from localcloud.machine.daemons import Daemon, Supervisor
from localcloud.machine.etcd import Etcd
from localcloud.machine.node_files import APISERVER_PORT, POD_RANGE, SERVICE_RANGE, NodeFiles
from localcloud.machine.toolbox import Toolbox
from localcloud.steps import Report

READY_SECONDS = 120.0


@dataclass(frozen=True)
class Node:
    """The programs of a control plane and its node, in the instance's network namespace."""

    instance: Instance
    toolbox: Toolbox

    @property
    def files(self) -> NodeFiles:
        plugins = self.toolbox.debian("containernetworking-plugins").parent
        return NodeFiles(self.instance, plugins)

    @property
    def etcd(self) -> Etcd:
        return Etcd(self.instance, self.toolbox)

    def write_files(self) -> None:
        """Everything that the programs read; the same bytes every time."""
        self.files.write()
        self.etcd.write_certificates()

    def daemons(self) -> list[Daemon]:
        """Every program of the node, in the order in which they start."""
        return [
            self.etcd.daemon(),
            # It waits for its watchers to leave, and they leave when it does.
            self._component("kube-apiserver", *self._apiserver_flags(), stop_seconds=2),
            self._containerd(),
            self._component("kube-controller-manager", *self._controller_flags()),
            self._component("kube-scheduler", *self._leader_flags("scheduler")),
            self._kubelet(),
            self._component("kube-proxy", f"--config={self.files.folder / 'kube-proxy.yaml'}"),
        ]

    def start_control_plane(self, supervisor: Supervisor, commands: Commands, report: Report) -> None:
        """Start etcd, the API server, the controllers and the scheduler.

        Raises:
            DaemonError: one did not come up.
        """
        self.etcd.start(supervisor, commands, report)
        supervisor.ensure("kube-apiserver", self.answers, READY_SECONDS)
        for name in ("kube-controller-manager", "kube-scheduler"):
            supervisor.ensure(name, lambda: True, READY_SECONDS)

    def start_kubelet(self, supervisor: Supervisor) -> None:
        """Start containerd, the kubelet and kube-proxy.

        Raises:
            DaemonError: one did not come up.
        """
        socket = self.instance.run / "containerd.sock"
        supervisor.ensure("containerd", socket.exists, READY_SECONDS)
        for name in ("kubelet", "kube-proxy"):
            supervisor.ensure(name, lambda: True, READY_SECONDS)

    def answers(self) -> bool:
        """Whether the API server says it is ready."""
        url = f"https://{self.instance.node_address}:{APISERVER_PORT}/readyz"
        try:
            reply = httpx.get(url, verify=False, timeout=2.0)  # noqa: S501 - our own  # nosec B501
        except httpx.HTTPError:
            return False
        return reply.status_code == httpx.codes.OK

    def _component(self, name: str, *flags: str, stop_seconds: int = 10) -> Daemon:
        program = self.toolbox.binaries / "kubernetes"
        command: list[str | Path] = [*network.enter(self.instance), program, name, *flags]
        return Daemon(name=name, command=command, stop_seconds=stop_seconds)

    def _kubelet(self) -> Daemon:
        return Daemon(
            name="kubelet",
            command=[
                *mounts.enter(self.instance),
                self.toolbox.binaries / "kubernetes",
                "kubelet",
                f"--config={self.files.folder / 'kubelet.yaml'}",
                f"--kubeconfig={self._kubeconfig('kubelet')}",
                f"--root-dir={self.instance.home / 'kubelet'}",
                f"--hostname-override={self.instance.name}",
                f"--node-ip={self.instance.node_address}",
            ],
        )

    def _containerd(self) -> Daemon:
        """Beside the kubelet: what one mounts, the other must see."""
        return Daemon(
            name="containerd",
            command=[
                *mounts.enter(self.instance),
                shutil.which("containerd") or "/usr/bin/containerd",
                f"--config={self.files.folder / 'containerd.toml'}",
            ],
        )

    def _kubeconfig(self, name: str) -> Path:
        return self.files.folder / f"{name}.kubeconfig"

    def _leader_flags(self, name: str) -> list[str]:
        return [
            f"--kubeconfig={self._kubeconfig(name)}",
            "--leader-elect=false",
            "--profiling=false",
            "--bind-address=127.0.0.1",
        ]

    def _controller_flags(self) -> list[str]:
        return [
            *self._leader_flags("controller-manager"),
            "--allocate-node-cidrs",
            f"--cluster-cidr={POD_RANGE}",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            "--use-service-account-credentials",
            f"--root-ca-file={self.files.authority.pair.certificate}",
            f"--service-account-private-key-file={self.files.authority.folder / SERVICE_ACCOUNTS}",
        ]

    def _apiserver_flags(self) -> list[str]:
        at = self.files.authority.folder
        return [
            f"--advertise-address={self.instance.node_address}",
            f"--secure-port={APISERVER_PORT}",
            *self.etcd.client_flags(),
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged",
            "--profiling=false",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={at / SERVICE_ACCOUNTS}",
            f"--service-account-signing-key-file={at / SERVICE_ACCOUNTS}",
            f"--client-ca-file={self.files.authority.pair.certificate}",
            f"--tls-cert-file={at / 'apiserver.crt'}",
            f"--tls-private-key-file={at / 'apiserver.key'}",
            f"--kubelet-certificate-authority={self.files.authority.pair.certificate}",
            f"--kubelet-client-certificate={at / 'apiserver-kubelet.crt'}",
            f"--kubelet-client-key={at / 'apiserver-kubelet.key'}",
            "--kubelet-preferred-address-types=InternalIP",
        ]
