"""What a bare cluster gets before anything else: DNS, storage, and the images those need."""

from __future__ import annotations

import hashlib
import os
import string
import tarfile
import tempfile
from pathlib import Path

import httpx
import yaml

from localcloud.instance import Instance
from localcloud.machine import loopback, network, registry
from localcloud.machine.command import Commands
from localcloud.machine.docker import Engine
from localcloud.machine.node_files import DNS_SERVICE, PAUSE_IMAGE
from localcloud.machine.toolbox import Toolbox

MANIFEST = Path(__file__).parent / "manifests/cluster.yaml"
VOLUMES = 8  # folders offered as persistent volumes
VOLUME_SIZE = "8Gi"  # a claim's size only chooses among them: the folder has all the disk there is
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
    forward = _forward()
    names = {
        "COREDNS_IMAGE": f"{instance.registry}/{coredns_image(toolbox)}",
        "DNS_SERVICE": DNS_SERVICE,
        "FORWARD": forward,
        "FORWARD_HASH": hashlib.sha256(forward.encode()).hexdigest()[:12],
    }
    manifest = string.Template(MANIFEST.read_text()).substitute(names)
    volumes = "---\n".join(yaml.safe_dump(_volume(instance, number)) for number in range(VOLUMES))
    commands.run(
        [*_kubectl(instance, toolbox), "apply", "--server-side", "-f", "-"],
        log=instance.logs / "objects.log",
        stdin=f"{manifest}---\n{volumes}",
    )


def _kubectl(instance: Instance, toolbox: Toolbox) -> list[str]:
    return [str(toolbox.kubectl), f"--kubeconfig={instance.kubeconfig}"]


def _forward() -> str:
    """CoreDNS' line for names outside the cluster; none where the host has only a loopback name server."""
    servers = network.nameservers()
    lines = [f"forward . {' '.join(servers)} {{", "    failfast_all_unhealthy_upstreams", "}"]
    return "\n        ".join(lines) if servers else ""  # indented as the manifest is


def _volume(instance: Instance, number: int) -> dict[str, object]:
    folder = instance.home / "volumes" / str(number)
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o770)
        os.chown(folder, SERVICES_USER, SERVICES_USER)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"local-{number}"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": VOLUME_SIZE},
            "hostPath": {"path": str(folder), "type": "Directory"},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "standard",
        },
    }
