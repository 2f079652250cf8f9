"""What the programs of a control plane read: certificates and kubeconfigs."""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import yaml

from localcloud.machine.certificates import Authority, Pair
from localcloud.machine.place import APISERVER_PORT, ControlPlanePlace, Ranges

HOSTS = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost", "127.0.0.1")
INSIDE = f"https://127.0.0.1:{APISERVER_PORT}"  # in the control plane's network namespace
ADMINISTRATOR, ADMINISTRATORS = "slipway:admin", ("system:masters",)


@dataclass(frozen=True)
class ControlPlaneFiles:
    """Files of one control plane, below its place's home."""

    place: ControlPlanePlace
    ranges: Ranges

    @property
    def authority(self) -> Authority:
        return Authority(self.place.home / "certificates")

    @property
    def aggregation_authority(self) -> Authority:
        """Of its own: a certificate of it lets the API server speak in anybody's name to API services in pods."""
        return Authority(self.place.home / "certificates/aggregation", "slipway-aggregation")

    @property
    def folder(self) -> Path:
        return self.place.home / "configuration"

    @property
    def credentials(self) -> Path:
        """What the DigitalOcean API hands out as the cluster's credentials."""
        return self.folder / "credentials.json"

    @property
    def administrator(self) -> Pair:
        return Pair(self.authority.folder / "admin.crt", self.authority.folder / "admin.key")

    def kubeconfig(self, name: str) -> Path:
        return self.folder / f"{name}.kubeconfig"

    def write(self) -> None:
        """Certificates and kubeconfigs; the same bytes every time."""
        self.authority.create()
        self.authority.service_accounts_key()
        name, address = self.place.name, self.place.node_address
        hosts = [*HOSTS, self.ranges.kubernetes_service, address]
        self.authority.issue("apiserver", "kube-apiserver", hosts=hosts)
        self.authority.issue("apiserver-kubelet", "kube-apiserver", groups=["system:masters"])
        for file, user in [
            ("controller-manager", "system:kube-controller-manager"),
            ("scheduler", "system:kube-scheduler"),
        ]:
            pair = self.authority.issue(file, user)
            write_private(self.kubeconfig(file), kubeconfig(self.authority, pair, INSIDE, name))
        admin = self.authority.issue("admin", ADMINISTRATOR, groups=ADMINISTRATORS)
        outside = f"https://127.0.0.1:{self.place.apiserver_port}"
        write_private(self.place.kubeconfig, kubeconfig(self.authority, admin, outside, name))
        write_private(self.credentials, self._credentials(admin, outside))

    def write_administrator(self, file: Path, server: str) -> None:
        """A kubeconfig of the administrator for programs that reach the API server at another URL."""
        write_private(file, kubeconfig(self.authority, self.administrator, server, self.place.name))

    def issue_administrator(self, lifetime: dt.timedelta) -> tuple[str, str]:
        """The PEM texts of an administrator's certificate that ends after `lifetime`, and of its key."""
        return self.authority.issue_for(lifetime, ADMINISTRATOR, ADMINISTRATORS)

    def write_aggregation(self) -> None:
        """The certificates for API services that run in pods, such as metrics-server."""
        self.aggregation_authority.create()
        self.aggregation_authority.issue("client", "kube-apiserver")

    def _credentials(self, pair: Pair, server: str) -> str:
        body = {
            "server": server,
            "certificate_authority_data": _base64(self.authority.pair.certificate),
            "client_certificate_data": _base64(pair.certificate),
            "client_key_data": _base64(pair.key),
            "token": "",
        }
        return json.dumps(body, indent=1)


def kubeconfig(authority: Authority, pair: Pair, server: str, name: str) -> str:
    """YAML: a kubeconfig with one cluster, user and context, each called `name`."""
    entry = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [
            {
                "name": name,
                "cluster": {
                    "server": server,
                    "certificate-authority-data": _base64(authority.pair.certificate),
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


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; folders are made, for the owner alone.

    One with that text is left alone: kube-proxy watches its own, and starts anew at each write.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        path.touch(mode=0o600)
    if path.read_text() != text:
        path.write_text(text)


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
