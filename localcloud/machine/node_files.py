"""What the programs of a node read: certificates, kubeconfigs and configuration files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from localcloud.machine import network
from localcloud.machine.certificates import Authority
from localcloud.machine.control_plane_files import kubeconfig, write_private
from localcloud.machine.place import Place, Ranges
from localcloud.machine.registry import ImageSource

PAUSE_IMAGE = "slipway/pause:1"


@dataclass(frozen=True, kw_only=True)
class NodeFiles:
    """Files of one node, below its place's home.

    Attributes:
        node: the Kubernetes Node's name.
        authority: the cluster's, which signs this node's certificates.
        server: the API server's URL, as this node reaches it.
        ranges: of the whole cluster.
        pods: the range of this node's pods.
        alone: whether there is no other node, so that packets to all other addresses get the node's own.
        sources: from where images come.
        pause_image: of every pod's first container.
        cni_plugins: the folder of the CNI programs.
    """

    place: Place
    node: str
    authority: Authority
    server: str
    ranges: Ranges
    pods: str
    alone: bool
    sources: Sequence[ImageSource]
    pause_image: str
    cni_plugins: Path

    @property
    def folder(self) -> Path:
        return self.place.home / "configuration"

    @property
    def certificates(self) -> Path:
        return self.place.home / "certificates"

    def kubeconfig(self, name: str) -> Path:
        return self.folder / f"{name}.kubeconfig"

    def write(self) -> None:
        """Certificates, kubeconfigs and configuration files; the same bytes every time."""
        hosts = [self.node, self.place.node_address]
        self.authority.issue("kubelet-server", f"system:node:{self.node}", hosts=hosts, folder=self.certificates)
        for file, user, groups in [
            ("kubelet", f"system:node:{self.node}", ["system:nodes"]),
            ("kube-proxy", "system:kube-proxy", []),
        ]:
            pair = self.authority.issue(file, user, groups=groups, folder=self.certificates)
            write_private(self.kubeconfig(file), kubeconfig(self.authority, pair, self.server, self.place.name))
        self._write("kubelet.yaml", yaml.safe_dump(self._kubelet()))
        self._write("kube-proxy.yaml", yaml.safe_dump(self._kube_proxy()))
        self._write("containerd.toml", self._containerd_configuration())
        for source in self.sources:
            self._write(f"certs.d/{source.host}/hosts.toml", _registry_hosts(source))
        self._write("net.d/10-bridge.conflist", json.dumps(self._cni(), indent=1))

    def _kubelet(self) -> dict[str, Any]:
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(self.authority.pair.certificate)},
            },
            "authorization": {"mode": "Webhook"},
            # Not systemd's: that needs systemd as process 1, which containers and small machines lack.
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{self.place.name}",
            "clusterDNS": [self.ranges.dns_service],
            "clusterDomain": "cluster.local",
            "containerRuntimeEndpoint": f"unix://{self.place.run / 'containerd.sock'}",
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%"},
            "failCgroupV1": False,
            "failSwapOn": False,
            "imageGCHighThresholdPercent": 100,  # a full disk of the developer's is not ours to clean
            "imageMaximumGCAge": "72h",  # but images that no pod used for so long are; the registry has them still
            "podLogsDir": str(self.place.logs / "pods"),
            "tlsCertFile": str(self.certificates / "kubelet-server.crt"),
            "tlsPrivateKeyFile": str(self.certificates / "kubelet-server.key"),
            "volumePluginDir": str(self.place.home / "node/volume-plugins"),
        }

    def _kube_proxy(self) -> dict[str, Any]:
        return {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "iptables",
            "clusterCIDR": self.ranges.pods,
            "clientConnection": {"kubeconfig": str(self.kubeconfig("kube-proxy"))},
            "conntrack": {"maxPerCore": 0, "min": 0},  # the machine's own limit is not ours to change
            "hostnameOverride": self.node,
            "iptables": {"minSyncPeriod": "100ms"},  # a drained pod must be out of the rules within its preStop
        }

    def _cni(self) -> dict[str, Any]:
        bridge = {
            "type": "bridge",
            "bridge": network.POD_BRIDGE,
            "isGateway": True,
            "mtu": network.mtu(),
            # It would hide from a pod which pod of another node calls.
            "ipMasq": self.alone,
            "hairpinMode": True,  # a pod may call its own Service and be the endpoint chosen
            "ipam": {
                "type": "host-local",
                "dataDir": str(self.place.run / "addresses"),
                "ranges": [[{"subnet": self.pods}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }
        ports = {"type": "portmap", "capabilities": {"portMappings": True}}
        return {"cniVersion": "0.4.0", "name": self.place.name, "plugins": [bridge, ports]}

    def _containerd_configuration(self) -> str:
        """TOML. Version 2 is read by 1.6 (Debian 12) and by 2.x alike."""
        run, home = self.place.run, self.place.home
        cri = 'plugins."io.containerd.grpc.v1.cri"'
        text = json.dumps  # a JSON string is a TOML string, whatever is in the path
        return f"""version = 2
root = {text(str(home / "containerd"))}
state = {text(str(run / "containerd"))}
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
]
[grpc]
  address = {text(str(run / "containerd.sock"))}
[{cri}]
  sandbox_image = "{self.pause_image}"
  # Hosts without CAP_SYS_RESOURCE may not lower an OOM score, and runc dies trying.
  restrict_oom_score_adj = true
  # Below our own folder, so that `down` finds them.
  netns_mounts_under_state_dir = true
  [{cri}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [{cri}.containerd.runtimes.runc.options]
      Root = {text(str(run / "runc"))}
      SystemdCgroup = false
  [{cri}.registry]
    config_path = {text(str(self.folder / "certs.d"))}
  [{cri}.cni]
    bin_dir = {text(str(self.cni_plugins))}
    conf_dir = {text(str(self.folder / "net.d"))}
"""

    def _write(self, name: str, text: str) -> None:
        write_private(self.folder / name, text)


def _registry_hosts(source: ImageSource) -> str:
    """TOML. A login is of the endpoint's alone: containerd sends the header nowhere else."""
    text = f"""server = "{source.server}"
[host."{source.endpoint}"]
  capabilities = ["pull", "resolve"]
"""
    if source.login is None:
        return text
    return f"""{text}  [host."{source.endpoint}".header]
    authorization = "Basic {source.login.basic}"
"""
