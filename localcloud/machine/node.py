"""A one-node Kubernetes from its own binaries: what each program is told, and in which order they start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx

from localcloud.instance import Instance
from localcloud.machine import network
from localcloud.machine.daemons import Daemon, Supervisor, listens
from localcloud.machine.node_files import APISERVER_PORT, POD_RANGE, SERVICE_RANGE, NodeFiles
from localcloud.machine.toolbox import Toolbox

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

    def daemons(self) -> list[Daemon]:
        """Every program of the node, in the order in which they start."""
        component: list[str | Path] = [*network.enter(self.instance), self.toolbox.binaries / "kubernetes"]
        kubeconfig = self.files.folder / "{}.kubeconfig"
        leader = ["--leader-elect=false", "--profiling=false", "--bind-address=127.0.0.1"]
        return [
            self._etcd(),
            Daemon(
                name="kube-apiserver",
                command=[*component, "kube-apiserver", *self._apiserver_flags()],
                stop_seconds=2,  # it waits for its watchers to leave, and they leave when it does
            ),
            self._containerd(),
            Daemon(
                name="kube-controller-manager",
                command=[
                    *component,
                    "kube-controller-manager",
                    f"--kubeconfig={str(kubeconfig).format('controller-manager')}",
                    *leader,
                    "--allocate-node-cidrs",
                    f"--cluster-cidr={POD_RANGE}",
                    f"--service-cluster-ip-range={SERVICE_RANGE}",
                    "--use-service-account-credentials",
                    f"--root-ca-file={self.files.authority.pair.certificate}",
                    f"--service-account-private-key-file={self.files.authority.service_accounts}",
                ],
            ),
            Daemon(
                name="kube-scheduler",
                command=[
                    *component,
                    "kube-scheduler",
                    f"--kubeconfig={str(kubeconfig).format('scheduler')}",
                    *leader,
                ],
            ),
            Daemon(
                name="kubelet",
                command=[
                    *component,
                    "kubelet",
                    f"--config={self.files.folder / 'kubelet.yaml'}",
                    f"--kubeconfig={str(kubeconfig).format('kubelet')}",
                    f"--root-dir={self.instance.home / 'kubelet'}",
                    f"--hostname-override={self.instance.name}",
                    f"--node-ip={self.instance.node_address}",
                ],
            ),
            Daemon(
                name="kube-proxy",
                command=[*component, "kube-proxy", f"--config={self.files.folder / 'kube-proxy.yaml'}"],
            ),
        ]

    def start_control_plane(self, supervisor: Supervisor) -> None:
        """etcd, the API server, the controllers and the scheduler.

        Raises:
            DaemonError: one did not come up.
        """
        address = self.instance.node_address
        supervisor.ensure("etcd", lambda: listens(address, 2379), READY_SECONDS)
        supervisor.ensure("kube-apiserver", self.answers, READY_SECONDS)
        for name in ("kube-controller-manager", "kube-scheduler"):
            supervisor.ensure(name, lambda: True, READY_SECONDS)

    def start_kubelet(self, supervisor: Supervisor) -> None:
        """containerd, the kubelet and kube-proxy.

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

    def _etcd(self) -> Daemon:
        client = "http://127.0.0.1:2379"
        return Daemon(
            name="etcd",
            command=[
                *network.enter(self.instance),
                self.toolbox.debian("etcd-server"),
                f"--data-dir={self.instance.home / 'etcd'}",
                f"--listen-client-urls=http://127.0.0.1:2379,http://{self.instance.node_address}:2379",
                f"--advertise-client-urls={client}",
                "--listen-peer-urls=http://127.0.0.1:2380",
                "--unsafe-no-fsync",
            ],
        )

    def _containerd(self) -> Daemon:
        return Daemon(
            name="containerd",
            command=[
                *network.enter(self.instance),
                "/usr/bin/containerd",
                f"--config={self.files.folder / 'containerd.toml'}",
            ],
        )

    def _apiserver_flags(self) -> list[str]:
        at = self.files.authority.folder
        return [
            f"--advertise-address={self.instance.node_address}",
            f"--secure-port={APISERVER_PORT}",
            "--etcd-servers=http://127.0.0.1:2379",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged",
            "--profiling=false",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.files.authority.service_accounts}",
            f"--service-account-signing-key-file={self.files.authority.service_accounts}",
            f"--client-ca-file={self.files.authority.pair.certificate}",
            f"--tls-cert-file={at / 'apiserver.crt'}",
            f"--tls-private-key-file={at / 'apiserver.key'}",
            f"--kubelet-certificate-authority={self.files.authority.pair.certificate}",
            f"--kubelet-client-certificate={at / 'apiserver-kubelet.crt'}",
            f"--kubelet-client-key={at / 'apiserver-kubelet.key'}",
            "--kubelet-preferred-address-types=InternalIP",
        ]
