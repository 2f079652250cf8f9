"""What a bare cluster gets before anything else: DNS, storage, and the images those need."""

from __future__ import annotations

import hashlib
import os
import string
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from localcloud.instance import Instance
from localcloud.machine import loopback, network, registry
from localcloud.machine.command import Commands
from localcloud.machine.docker import Engine
from localcloud.machine.node_files import PAUSE_IMAGE
from localcloud.machine.place import LOCAL_RANGES, ControlPlanePlace, Ranges
from localcloud.machine.toolbox import Toolbox

MANIFEST = Path(__file__).parent / "manifests/cluster.yaml"
MANAGED_MANIFEST = MANIFEST.with_name("managed.yaml")
VOLUMES = 16  # folders offered as persistent volumes: three for the todo app, and for each preview environment
VOLUME_SIZE = "8Gi"  # a claim's size only chooses among them: the folder has all the disk there is
BLOCK_SIZE = "1Ti"  # of `do-block-storage`, which takes larger claims
SERVICES_USER = 10_001  # the user every service of ours runs as; a hostPath volume ignores fsGroup


def coredns_image(toolbox: Toolbox) -> str:
    return f"slipway/coredns:{toolbox.binaries.name.rpartition('-')[2]}"


def push_images(instance: Instance, toolbox: Toolbox, engine: Engine) -> None:
    """Pause and CoreDNS as images of one static file each, in the local registry.

    Raises:
        CommandError: Docker failed.
    """
    for name, program in [(PAUSE_IMAGE, "pause"), (coredns_image(toolbox), "coredns")]:
        repository, tag = name.split(":")
        held = f"http://{instance.registry}/v2/{repository}/manifests/{tag}"
        accept = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
        login = registry.credentials(instance)
        if loopback.head(held, headers=accept, auth=login.auth).status_code == httpx.codes.OK:
            continue
        reference = f"{instance.registry}/{name}"
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / "image.tar"
            with tarfile.open(archive, "w") as tar:
                tar.add(toolbox.binaries / program, arcname=program)
            engine.run("docker", "import", "--change", f'ENTRYPOINT ["/{program}"]', str(archive), reference)
        engine.push(reference)


def apply(instance: Instance, toolbox: Toolbox, commands: Commands) -> None:
    """Create or update the objects; safe to repeat.

    Raises:
        CommandError: the API server refused one.
    """
    objects = SystemObjects(
        place=instance,
        toolbox=toolbox,
        commands=commands,
        registry=instance.registry,
        ranges=LOCAL_RANGES,
        name_servers=network.nameservers(),
    )
    objects.apply()


@dataclass(frozen=True, kw_only=True)
class SystemObjects:
    """The objects of one cluster.

    Attributes:
        registry: the host in the name of CoreDNS' image.
        name_servers: who answers for names outside the cluster; none: nobody.
        managed: whether it is a cluster of an account, which has from the start what DigitalOcean's have.
    """

    place: ControlPlanePlace
    toolbox: Toolbox
    commands: Commands
    registry: str
    ranges: Ranges
    name_servers: Sequence[str]
    managed: bool = False

    def apply(self) -> None:
        """Create or update them; safe to repeat.

        Raises:
            CommandError: the API server refused one.
        """
        manifest = self._manifest()
        if self.managed:
            self._apply_managed(manifest)
        else:
            self._apply(manifest)

    def _apply_managed(self, manifest: str) -> None:
        """Unless the same were applied since the cluster came up.

        Each change of a node comes by here, and the API server takes seconds for them all.
        """
        digest = hashlib.sha256(f"{self.toolbox.gateway_api}\n{manifest}".encode()).hexdigest()
        applied = self.place.run / "objects.sha256"
        if applied.exists() and applied.read_text() == digest:
            return
        self._apply_gateway_api()
        self._apply(manifest)
        applied.write_text(digest)

    def _apply(self, manifest: str) -> None:
        self._kubectl("apply", "--server-side", "-f", "-", stdin=manifest)

    def _manifest(self) -> str:
        """YAML; the CRDs of the Gateway API have files of their own."""
        forward = _forward(self.name_servers)
        names = {
            "COREDNS_IMAGE": f"{self.registry}/{coredns_image(self.toolbox)}",
            "DNS_REPLICAS": "2" if self.managed else "1",
            "DNS_SERVICE": self.ranges.dns_service,
            "FORWARD": forward,
            "FORWARD_HASH": hashlib.sha256(forward.encode()).hexdigest()[:12],
            "STANDARD_IS_DEFAULT": "false" if self.managed else "true",
        }
        manifest = string.Template(MANIFEST.read_text()).substitute(names)
        if self.managed:
            manifest = f"{manifest}---\n{MANAGED_MANIFEST.read_text()}"
        volumes = "---\n".join(yaml.safe_dump(volume) for volume in self._volumes())
        return f"{manifest}---\n{volumes}"

    def _apply_gateway_api(self) -> None:
        """The CRDs, which must be there before an object of theirs."""
        self._kubectl("apply", "--server-side", "--force-conflicts", "-f", str(self.toolbox.gateway_api))
        self._kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")

    def _kubectl(self, *words: str, stdin: str | None = None) -> None:
        command = [str(self.toolbox.kubectl), f"--kubeconfig={self.place.kubeconfig}", *words]
        self.commands.run(command, log=self.place.logs / "objects.log", stdin=stdin)

    def _volumes(self) -> list[dict[str, object]]:
        """Without node affinity: every node of the cluster reaches the same folders."""
        local = [_volume(self.place, str(number), "standard", VOLUME_SIZE) for number in range(VOLUMES)]
        if not self.managed:
            return local
        block = [_volume(self.place, f"block-{number}", "do-block-storage", BLOCK_SIZE) for number in range(VOLUMES)]
        return [*local, *block]


def _forward(servers: Sequence[str]) -> str:
    """CoreDNS' line for names outside the cluster; none where the host has only a loopback name server."""
    lines = [f"forward . {' '.join(servers)} {{", "    failfast_all_unhealthy_upstreams", "}"]
    return "\n        ".join(lines) if servers else ""  # indented as the manifest is


def _volume(place: ControlPlanePlace, name: str, storage_class: str, size: str) -> dict[str, object]:
    folder = place.home / "volumes" / name
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o770)
        os.chown(folder, SERVICES_USER, SERVICES_USER)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"local-{name}"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": size},
            "hostPath": {"path": str(folder), "type": "Directory"},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": storage_class,
        },
    }
