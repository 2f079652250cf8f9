"""The account's Kubernetes clusters: real ones, side by side on this machine, each with nodes of its own.

`apply` goes through every step each time, and each step does nothing where all is as it should be. So it also brings
back a cluster whose programs were stopped, and ends what an interrupted operation began.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from localcloud.api.backends import BackendError
from localcloud.api.cluster_backend import ClusterAccess, ClusterSpec
from localcloud.backends.cluster_records import ClusterRecord, ClusterRecords
from localcloud.backends.kubernetes_cluster import (
    VERSION_SUFFIX,
    ExtraDaemons,
    KubernetesCluster,
    kubernetes_version,
)
from localcloud.instance import Instance
from localcloud.machine import cluster_removal
from localcloud.machine.cgroups import ControlGroupError
from localcloud.machine.cluster_place import ClusterPlace
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.control_plane_files import ControlPlaneFiles
from localcloud.machine.daemons import DaemonError
from localcloud.machine.locks import exclusive
from localcloud.machine.network import NetworkError
from localcloud.machine.place import Ranges
from localcloud.machine.toolbox import KUBERNETES_VERSIONS, Toolbox


class LocalClusters:
    """Implements `localcloud.api.cluster_backend.Clusters`.

    The account's instance has its registries up, with the images that `objects.push_images` pushes, and its Debian
    programs, Kubernetes and kubectl are there.

    Args:
        account: the instance whose account this is.
        registry: the host of the account's registry as image names have it, `127.0.0.1:5600`: nodes reach its port at
            the instance's address.
        extra_daemons: gives the programs that run beside a cluster's control plane, such as its cloud controller.
        name_server: whether the account has one on each cluster's host address, for CoreDNS to ask.
    """

    def __init__(
        self,
        account: Instance,
        toolbox: Toolbox,
        commands: Commands,
        *,
        registry: str,
        extra_daemons: ExtraDaemons = lambda _place, _spec: (),
        name_server: bool = True,
    ) -> None:
        self._account = account
        self._toolbox = toolbox
        self._commands = commands
        self._registry = registry
        self._extra_daemons = extra_daemons
        self._name_server = name_server
        self._records = ClusterRecords(account.home / "clusters.json")

    def versions(self) -> Sequence[str]:
        """Slugs of the versions that are compiled here, newest first."""
        compiled = [version for version in KUBERNETES_VERSIONS if self._toolbox.kubernetes(version).exists()]
        return [f"{version}{VERSION_SUFFIX}" for version in sorted(compiled, key=_numbers, reverse=True)]

    def apply(self, spec: ClusterSpec) -> None:
        """Have the cluster as specified: returns once its API server answers and every node is ready.

        Raises:
            BackendError: it could not be done; a repetition continues where this ended.
        """
        self._check(spec)
        with _backend_errors():
            self._account.create_folders()
            place = self.place(self._records.plan(spec))
            with exclusive(place.lock, announce=lambda _: None, cancelled=self._commands.cancelled):
                # Read anew: whoever held the lock may have removed nodes, or the cluster.
                self._cluster(place).apply(self._record(spec.id))

    def delete(self, cluster_id: str) -> None:
        """Remove the cluster, with all that it stored; does nothing where there is none."""
        record = self._records.read().get(cluster_id)
        if record is None:
            return
        place = self.place(record)
        with (
            _backend_errors(),
            exclusive(place.lock, announce=lambda _: None, cancelled=self._commands.cancelled),
        ):
            cluster_removal.stop(place, self._commands)
            cluster_removal.remove_files(place, self._commands)
            self._records.forget(cluster_id)

    def access(self, cluster_id: str, lifetime: dt.timedelta | None = None) -> ClusterAccess:
        """How to reach a cluster's API server as its administrator.

        Args:
            lifetime: after which it is refused; None: it is not.

        Raises:
            BackendError: there is no such cluster.
        """
        record = self._record(cluster_id)
        place = self.place(record)
        ranges = Ranges(pods=record.spec.cluster_subnet, services=record.spec.service_subnet)
        files = ControlPlaneFiles(place, ranges)
        try:
            if lifetime is None:
                certificate = files.administrator.certificate.read_text()
                key = files.administrator.key.read_text()
            else:
                certificate, key = files.issue_administrator(lifetime)
            return ClusterAccess(
                server=f"https://127.0.0.1:{place.apiserver_port}",
                certificate_authority=files.authority.pair.certificate.read_text(),
                client_certificate=certificate,
                client_key=key,
            )
        except OSError as error:
            raise BackendError(f"cluster {cluster_id} has no certificates yet: it is still being created") from error

    def node_addresses(self, cluster_id: str) -> Mapping[int, str]:
        """The address of each node by its droplet's id, from before it is ready until it is gone.

        Raises:
            BackendError: there is no such cluster.
        """
        record = self._record(cluster_id)
        place = self.place(record)
        return {node.spec.droplet_id: place.node(node.slot).node_address for node in record.nodes.values()}

    def place(self, record: ClusterRecord) -> ClusterPlace:
        """Where a cluster runs."""
        return ClusterPlace(account=self._account, number=record.number)

    def kubeconfig(self, cluster_id: str) -> Path:
        """The administrator's kubeconfig, for programs on this machine."""
        return self.place(self._record(cluster_id)).kubeconfig

    def _record(self, cluster_id: str) -> ClusterRecord:
        record = self._records.read().get(cluster_id)
        if record is None:
            raise BackendError(f"there is no cluster {cluster_id}")
        return record

    def _cluster(self, place: ClusterPlace) -> KubernetesCluster:
        return KubernetesCluster(
            place=place,
            toolbox=self._toolbox,
            commands=self._commands,
            records=self._records,
            extra_daemons=self._extra_daemons,
            registry=self._registry,
            name_server=self._name_server,
        )

    def _check(self, spec: ClusterSpec) -> None:
        """Refuse what cannot run, before anything is changed."""
        runnable = self.versions()
        # DigitalOcean's own revision, `-do.1`, says nothing of the programs.
        compiled = {kubernetes_version(slug) for slug in runnable}
        for version in [spec.version, *(node.version for node in spec.nodes)]:
            if kubernetes_version(version) not in compiled:
                raise BackendError(
                    f"version {version} cannot run here: choose one of {', '.join(runnable) or 'none'}"
                )
        control_plane = _numbers(kubernetes_version(spec.version))
        for node in spec.nodes:
            if _numbers(kubernetes_version(node.version)) > control_plane:
                raise BackendError(
                    f"node {node.name} has version {node.version}, newer than its cluster's {spec.version}"
                )


@contextlib.contextmanager
def _backend_errors() -> Iterator[None]:
    try:
        yield
    except (CommandError, ControlGroupError, DaemonError, NetworkError, OSError) as error:
        raise BackendError(str(error)) from error


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
