"""A Kubernetes control plane from its own binaries: the flags of each program, and in which order they start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx

from localcloud import versions
from localcloud.machine import network
from localcloud.machine.certificates import SERVICE_ACCOUNTS
from localcloud.machine.command import Commands
from localcloud.machine.control_plane_files import ControlPlaneFiles
from localcloud.machine.daemons import Daemon
from localcloud.machine.etcd import CLIENTS, CONTROLLERS, Etcd
from localcloud.machine.place import APISERVER_PORT, LOCAL_RANGES, ControlPlanePlace, Ranges
from localcloud.machine.supervisor import Supervisor
from localcloud.machine.toolbox import Toolbox
from localcloud.steps import Report

READY_SECONDS = 120.0


@dataclass(frozen=True)
class ControlPlane:
    """etcd, the API server, the controllers and the scheduler, in the place's network namespace.

    Attributes:
        version: of Kubernetes, such as `1.34.4`.
        managed: whether it is one of an account: API services may run in pods, whom it reaches without kube-proxy,
            and the Nodes are created with their ranges.
    """

    place: ControlPlanePlace
    toolbox: Toolbox
    ranges: Ranges = LOCAL_RANGES
    version: str = versions.KUBERNETES
    managed: bool = False

    @property
    def files(self) -> ControlPlaneFiles:
        return ControlPlaneFiles(self.place, self.ranges)

    @property
    def etcd(self) -> Etcd:
        return Etcd(self.place, self.toolbox, CONTROLLERS if self.managed else CLIENTS)

    def write_files(self) -> None:
        """Everything that the programs read; the same bytes every time."""
        self.files.write()
        if self.managed:
            self.files.write_aggregation()
        self.etcd.write_certificates()

    def daemons(self) -> list[Daemon]:
        """Every program, in the order in which they start."""
        return [
            self.etcd.daemon(),
            # It waits for its watchers to leave, and they leave when it does.
            self._component("kube-apiserver", *self._apiserver_flags(), stop_seconds=2),
            self._component("kube-controller-manager", *self._controller_flags()),
            self._component("kube-scheduler", *self._leader_flags("scheduler")),
        ]

    def start(self, supervisor: Supervisor, commands: Commands, report: Report) -> None:
        """Start every program; returns once the API server is ready.

        Raises:
            DaemonError: one did not come up.
        """
        self.etcd.start(supervisor, commands, report)
        supervisor.ensure("kube-apiserver", self.answers, READY_SECONDS)
        for name in ("kube-controller-manager", "kube-scheduler"):
            supervisor.ensure(name, lambda: True, READY_SECONDS)

    def answers(self) -> bool:
        """Whether the API server says it is ready."""
        url = f"https://{self.place.node_address}:{APISERVER_PORT}/readyz"
        try:
            reply = httpx.get(url, verify=False, timeout=2.0)  # noqa: S501 - our own  # nosec B501
        except httpx.HTTPError:
            return False
        return reply.status_code == httpx.codes.OK

    def _component(self, name: str, *flags: str, stop_seconds: int = 10) -> Daemon:
        command: list[str | Path] = [
            *network.enter(self.place),
            self.toolbox.kubernetes(self.version),
            name,
            *flags,
        ]
        return Daemon(name=name, command=command, stop_seconds=stop_seconds)

    def _leader_flags(self, name: str) -> list[str]:
        return [
            f"--kubeconfig={self.files.kubeconfig(name)}",
            "--leader-elect=false",
            "--profiling=false",
            "--bind-address=127.0.0.1",
        ]

    def _controller_flags(self) -> list[str]:
        ranges = ["--allocate-node-cidrs", f"--cluster-cidr={self.ranges.pods}"]
        return [
            *self._leader_flags("controller-manager"),
            *(() if self.managed else ranges),
            f"--service-cluster-ip-range={self.ranges.services}",
            "--use-service-account-credentials",
            f"--root-ca-file={self.files.authority.pair.certificate}",
            f"--service-account-private-key-file={self.files.authority.folder / SERVICE_ACCOUNTS}",
        ]

    def _apiserver_flags(self) -> list[str]:
        at = self.files.authority.folder
        return [
            f"--advertise-address={self.place.node_address}",
            f"--secure-port={APISERVER_PORT}",
            *self.etcd.client_flags(),
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged",
            "--profiling=false",
            f"--service-cluster-ip-range={self.ranges.services}",
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
            *(self._aggregation_flags() if self.managed else ()),
        ]

    def _aggregation_flags(self) -> list[str]:
        """API services and webhooks in pods: who the API server says it is, and by pods' addresses, for there is no
        kube-proxy beside it. The names of the headers are kubeadm's."""
        at = self.files.aggregation_authority
        return [
            "--enable-aggregator-routing",
            f"--requestheader-client-ca-file={at.pair.certificate}",
            "--requestheader-allowed-names=kube-apiserver",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-username-headers=X-Remote-User",
            f"--proxy-client-cert-file={at.folder / 'client.crt'}",
            f"--proxy-client-key-file={at.folder / 'client.key'}",
        ]
