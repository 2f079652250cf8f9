"""Images that Dockerfiles and charts here take from public registries.

If no registry answers, a fallback image gets the same name: the same programs, from Debian or PyPI packages,
at the same paths. Dockerfiles and charts do not change.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import httpx
import yaml
from docker.errors import ImageNotFound

from localcloud import versions
from localcloud.machine import loopback
from localcloud.machine.command import CommandError
from localcloud.machine.docker import Engine
from localcloud.stack import PROJECT, Stack
from localcloud.steps import Report

LABEL = "slipway.stand-in"  # of a fallback image: its recipe's hash. Existing images have the label under this name
PULL_SECONDS = 120
HERE = Path(__file__).parent
FALLBACK_IMAGES = {
    "busybox": HERE / "fallback_images/busybox",
    "caddy": HERE / "fallback_images/caddy",
    "node": HERE / "fallback_images/node",
    "postgres": HERE / "fallback_images/postgresql",
    "qdrant/qdrant": HERE.parent / "qdrant",
    "valkey/valkey": HERE / "fallback_images/valkey",
}
DEBIAN_PACKAGES = ("ca-certificates", "python3", "python3-pip", "python3-venv")
TRUST_STORE = "/etc/ssl/certs/ca-certificates.crt"
DEBIAN_HOOKS = (
    f"copy-in {TRUST_STORE} /etc/ssl/certs",
    'rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED',  # a container is its own environment
    'for name in python python3; do ln -s /usr/bin/python3 "$1"/usr/local/bin/$name; done',
    'ln -s /usr/bin/pip3 "$1"/usr/local/bin/pip',
    'rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*',
)
BASE = re.compile(r"^ARG \w+_IMAGE=(\S+)$", re.MULTILINE)
MANIFESTS = "application/vnd.docker.distribution.manifest.v2+json"


class PublicImageError(RuntimeError):
    """An image can neither be pulled nor replaced by a fallback image."""


def base_images(stack: Stack) -> list[str]:
    """The base images of the services' Dockerfiles, without the Python image."""
    found: list[str] = []
    for service in stack.services().values():
        dockerfile = stack.checkout / str(service["folder"]) / "Dockerfile"
        found += BASE.findall(dockerfile.read_text()) if dockerfile.is_file() else []
    return sorted(set(found) - {versions.PYTHON_BASE_IMAGE})


def database_images(stack: Stack) -> list[str]:
    """The images of the databases that a service uses: of the server, or of the job that grants rights in it.

    Preview environments, where the stack has them, run every server in the cluster.
    """
    used = {engine for service in stack.services().values() for engine in service.get("databases", [])}
    configuration = stack.configuration()
    databases = configuration.get(f"{PROJECT}:databases") or []
    previews = configuration.get(f"{PROJECT}:previewEnvironments") is not None
    engines = [entry["engine"] for entry in databases if entry["engine"] in used and (previews or _runs_image(entry))]
    files = [stack.checkout / "helm/database/engines" / f"{engine}.yaml" for engine in engines]
    return [str(yaml.safe_load(file.read_text())["image"]) for file in files]


def _runs_image(database: dict[str, Any]) -> bool:
    """Whether the cluster runs the engine's image: managed PostgreSQL has a job of it, managed Valkey has none."""
    return bool(database.get("inCluster")) or database["engine"] == "postgresql"


def describe_base_images() -> str:
    """What an image can be built on where no public registry answers."""
    others = ", ".join(name for name in FALLBACK_IMAGES if "/" not in name and name != "postgres")
    return (
        f"this machine reaches no public registry. An image can be built on {versions.PYTHON_BASE_IMAGE}; or on "
        f"{others}, named by `ARG BASE_IMAGE=<image>` and `FROM ${{BASE_IMAGE}}`, as chatbot_frontend/Dockerfile does"
    )


@dataclass(frozen=True)
class PublicImages:
    """The images in one Docker Engine; `folder` is for temporary archives, `auth` the local registry's login."""

    engine: Engine
    folder: Path
    auth: httpx.Auth | None = None

    def ensure_python(self, report: Report) -> None:
        """Get versions.PYTHON_BASE_IMAGE: pulled, or made from Debian packages. Every fallback image is built on it.

        Raises:
            CommandError: mmdebstrap or Docker failed.
        """
        recipe = _hash(repr((DEBIAN_PACKAGES, DEBIAN_HOOKS)).encode())
        if not self._find_or_pull(versions.PYTHON_BASE_IMAGE, recipe, report):
            self._import_debian(recipe)

    def ensure(self, name: str, report: Report) -> None:
        """Get an image: present already, pulled, or built as a fallback image; `report` gets a note of it.

        Raises:
            PublicImageError: it cannot be pulled, and there is no fallback image for it.
            CommandError: Docker failed.
        """
        context = FALLBACK_IMAGES.get(name.rpartition(":")[0])
        files = (
            sorted(path for path in context.rglob("*") if path.is_file() and path.suffix != ".pyc") if context else []
        )
        recipe = _hash(*(path.name.encode() + b"\0" + path.read_bytes() for path in files))
        if self._find_or_pull(name, recipe, report):
            return
        if context is None:
            raise PublicImageError(
                f"{name} cannot be pulled here, and localcloud/machine/fallback_images has no fallback image for it"
            )
        base = ("--build-arg", f"BASE={versions.PYTHON_BASE_IMAGE}")
        self.engine.build(context, name, *base, "--label", f"{LABEL}={recipe}")

    def push(self, name: str, registry: str) -> None:
        """Push the image to the local registry, where nodes look for Docker Hub's images first, unless it holds it.

        Raises:
            CommandError: Docker failed.
        """
        repository, _, tag = name.rpartition(":")
        path = repository if "/" in repository else f"library/{repository}"
        url = f"http://{registry}/v2/{path}/manifests/{tag}"
        reply = loopback.get(url, headers={"Accept": MANIFESTS}, auth=self.auth)
        here = docker.DockerClient(base_url=self.engine.host).images.get(name).id
        if reply.is_success and reply.json().get("config", {}).get("digest") == here:
            return
        reference = f"{registry}/{path}:{tag}"
        self.engine.run("docker", "tag", name, reference)
        self.engine.push(reference)

    def _find_or_pull(self, name: str, recipe: str, report: Report) -> bool:
        """Whether the image is up to date or could be pulled; an outdated fallback image counts as missing."""
        try:
            labels = docker.DockerClient(base_url=self.engine.host).images.get(name).labels
        except ImageNotFound:
            report(note=f"asking the public registry for {name}")
            if self._pull(name):
                return True
        else:
            if labels.get(LABEL, recipe) == recipe:
                return True
        report(note=f"no public registry: {name} is built from packages")
        return False

    def _pull(self, name: str) -> bool:
        try:
            self.engine.run("timeout", str(PULL_SECONDS), "docker", "pull", "--quiet", name)
        except CommandError:
            return False
        return True

    def _import_debian(self, recipe: str) -> None:
        """Make python:3.x-slim from Debian's Python, with the paths and settings of the official image.

        It contains the host's trust store: a host behind a proxy has certificates of its own.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        archive = self.folder / "python.tar"
        self.engine.run(
            "mmdebstrap", "--variant=minbase", f"--include={','.join(DEBIAN_PACKAGES)}",
            *(f"--customize-hook={hook}" for hook in DEBIAN_HOOKS),
            versions.PYTHON_BASE_SUITE, str(archive),
        )  # fmt: skip
        changes = [
            "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
            "ENV LANG=C.UTF-8",
            f"ENV SSL_CERT_FILE={TRUST_STORE}",
            f"LABEL {LABEL}={recipe}",
            'CMD ["python3"]',
        ]
        options = [word for change in changes for word in ("--change", change)]
        self.engine.run("docker", "import", *options, str(archive), versions.PYTHON_BASE_IMAGE)
        archive.unlink()


def _hash(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part + b"\0")
    return digest.hexdigest()[:12]
