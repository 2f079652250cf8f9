"""What the programs of a node read: certificates, kubeconfigs and configuration files."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from localcloud.instance import Instance
from localcloud.machine import network, registry
from localcloud.machine.certificates import Authority, Pair

SERVICE_RANGE = "10.96.0.0/16"
POD_RANGE = "10.244.0.0/16"
KUBERNETES_SERVICE = "10.96.0.1"  # the first address of SERVICE_RANGE, which Kubernetes takes for itself
DNS_SERVICE = "10.96.0.10"  # by custom the tenth
APISERVER_PORT = 6443
PAUSE_IMAGE = "slipway/pause:1"


@dataclass(frozen=True)
class NodeFiles:
    """Files of one node, below the instance's home; `cni_plugins` is the folder of the CNI programs."""

    instance: Instance
    cni_plugins: Path

    @property
    def authority(self) -> Authority:
        return Authority(self.instance.home / "certificates")

    @property
    def folder(self) -> Path:
        return self.instance.home / "configuration"

    @property
    def credentials(self) -> Path:
        """What the DigitalOcean API hands out as the cluster's credentials."""
        return self.folder / "credentials.json"

    def write(self) -> None:
        """Certificates, kubeconfigs and configuration files; the same bytes every time."""
        self.authority.create()
        self.authority.service_accounts_key()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name, address = self.instance.name, self.instance.node_address
        hosts = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost", "127.0.0.1"]
        self.authority.issue("apiserver", "kube-apiserver", hosts=[*hosts, KUBERNETES_SERVICE, address])
        self.authority.issue("kubelet-server", f"system:node:{name}", hosts=[name, address])
        self.authority.issue("apiserver-kubelet", "kube-apiserver", groups=["system:masters"])
        inside = f"https://127.0.0.1:{APISERVER_PORT}"
        for file, user, groups in [
            ("controller-manager", "system:kube-controller-manager", []),
            ("scheduler", "system:kube-scheduler", []),
            ("kubelet", f"system:node:{name}", ["system:nodes"]),
            ("kube-proxy", "system:kube-proxy", []),
        ]:
            pair = self.authority.issue(file, user, groups=groups)
            self._write(f"{file}.kubeconfig", self._kubeconfig(pair, inside, name))
        admin = self.authority.issue("admin", "slipway:admin", groups=["system:masters"])
        outside = f"https://127.0.0.1:{self.instance.apiserver_port}"
        self.instance.kubeconfig.touch(mode=0o600)
        self.instance.kubeconfig.write_text(self._kubeconfig(admin, outside, name))
        self._write("credentials.json", self._credentials(admin, outside))
        self._write("kubelet.yaml", yaml.safe_dump(self._kubelet()))
        self._write("kube-proxy.yaml", yaml.safe_dump(self._kube_proxy()))
        self._write("containerd.toml", self._containerd_configuration())
        for host, server in [
            ("docker.io", "https://registry-1.docker.io"),
            (self.instance.registry, f"http://{self.instance.registry}"),
        ]:
            self._write(f"certs.d/{host}/hosts.toml", self._registry_hosts(server))
        self._write("net.d/10-bridge.conflist", json.dumps(self._cni(), indent=1))

    def _kubelet(self) -> dict[str, Any]:
        at = self.authority.folder
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
            "cgroupRoot": f"/{self.instance.name}",
            "clusterDNS": [DNS_SERVICE],
            "clusterDomain": "cluster.local",
            "containerRuntimeEndpoint": f"unix://{self.instance.run / 'containerd.sock'}",
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%"},
            "failCgroupV1": False,
            "failSwapOn": False,
            "imageGCHighThresholdPercent": 100,  # a full disk of the developer's is not ours to clean
            "imageMaximumGCAge": "72h",  # but images that no pod used for so long are; the registry has them still
            "podLogsDir": str(self.instance.logs / "pods"),
            "tlsCertFile": str(at / "kubelet-server.crt"),
            "tlsPrivateKeyFile": str(at / "kubelet-server.key"),
            "volumePluginDir": str(self.instance.home / "node/volume-plugins"),
        }

    def _kube_proxy(self) -> dict[str, Any]:
        return {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "iptables",
            "clusterCIDR": POD_RANGE,
            "clientConnection": {"kubeconfig": str(self.folder / "kube-proxy.kubeconfig")},
            "conntrack": {"maxPerCore": 0, "min": 0},  # the machine's own limit is not ours to change
            "hostnameOverride": self.instance.name,
            "iptables": {"minSyncPeriod": "100ms"},  # a drained pod must be out of the rules within its preStop
        }

    def _cni(self) -> dict[str, Any]:
        bridge = {
            "type": "bridge",
            "bridge": "cni0",
            "isGateway": True,
            "mtu": network.mtu(),
            "ipMasq": True,
            "hairpinMode": True,  # a pod may call its own Service and be the endpoint chosen
            "ipam": {
                "type": "host-local",
                "dataDir": str(self.instance.run / "addresses"),
                "ranges": [[{"subnet": "10.244.0.0/24"}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }
        ports = {"type": "portmap", "capabilities": {"portMappings": True}}
        return {"cniVersion": "0.4.0", "name": self.instance.name, "plugins": [bridge, ports]}

    def _containerd_configuration(self) -> str:
        """TOML. Version 2 is read by 1.6 (Debian 12) and by 2.x alike."""
        run, home = self.instance.run, self.instance.home
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
  sandbox_image = "{self.instance.registry}/{PAUSE_IMAGE}"
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

    def _registry_hosts(self, server: str) -> str:
        """TOML: images come from the local registry, Docker Hub's too, as nodes here reach nothing else.

        With the login: containerd sends it to this host alone.
        """
        login = registry.credentials(self.instance)
        return f"""server = "{server}"
[host."http://{login.host}"]
  capabilities = ["pull", "resolve"]
  [host."http://{login.host}".header]
    authorization = "Basic {login.basic}"
"""

    def _kubeconfig(self, pair: Pair, server: str, name: str) -> str:
        entry = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [
                {
                    "name": name,
                    "cluster": {
                        "server": server,
                        "certificate-authority-data": _base64(self.authority.pair.certificate),
                    },
                }
            ],
            "users": [
                {
                    "name": name,
                    "user": {
                        "client-certificate-data": _base64(pair.certificate),
                        "client-key-data": _base64(pair.key),
                    },
                }
            ],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        }
        return yaml.safe_dump(entry)

    def _credentials(self, pair: Pair, server: str) -> str:
        body = {
            "server": server,
            "certificate_authority_data": _base64(self.authority.pair.certificate),
            "client_certificate_data": _base64(pair.certificate),
            "client_key_data": _base64(pair.key),
            "token": "",
        }
        return json.dumps(body, indent=1)

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(text)


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
