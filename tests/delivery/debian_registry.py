"""Debian's docker-registry on a loopback port, with a login and images to push."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bcrypt
import httpx

from delivery.images.registry import ImageRepository
from infra.source.registry_login import Login
from localcloud.machine import registry as machine
from localcloud.machine.daemons import listens
from tests.tools import find_debian

IMAGE, INDEX = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass
class DebianRegistry:
    """A registry, its login, and its files.

    Attributes:
        client: of the repository `acme/backend`.
    """

    host: str
    login: Login
    storage: Path
    client: httpx.Client

    @property
    def backend(self) -> ImageRepository:
        return ImageRepository(f"{self.host}/acme/backend", self.login)

    def blob(self, content: bytes) -> dict:
        place = self.client.post("blobs/uploads/").headers["location"]
        self.client.put(f"{place}&digest={digest_of(content)}", content=content).raise_for_status()
        return {"mediaType": "application/octet-stream", "digest": digest_of(content), "size": len(content)}

    def manifest(self, tag: str, content: dict) -> dict:
        text = json.dumps(content, indent=3)  # odd spacing: to write it anew would give it another digest
        path = f"manifests/{tag or digest_of(text.encode())}"
        reply = self.client.put(path, content=text, headers={"content-type": content["mediaType"]})
        assert reply.is_success, reply.text
        return {"mediaType": content["mediaType"], "digest": digest_of(text.encode()), "size": len(text)}

    def image(self, name: str, tag: str = "", **more) -> dict:
        layers = [self.blob(f"{name}: layer {number}".encode() * 1000) for number in range(3)]
        config = self.blob(json.dumps({"architecture": "amd64", "os": "linux", "name": name}).encode())
        return self.manifest(
            tag, {"schemaVersion": 2, "mediaType": IMAGE, "config": config, "layers": layers, **more}
        )

    def index(self, tag: str, *children: dict) -> dict:
        return self.manifest(tag, {"schemaVersion": 2, "mediaType": INDEX, "manifests": children})

    def read(self, digest: str) -> dict:
        """Pull a manifest as a cluster does, with every child and every blob, each held against its digest."""
        text = self.get(f"manifests/{digest}")
        assert digest_of(text) == digest
        content = json.loads(text)
        for child in content.get("manifests", ()):
            self.read(child["digest"])
        for blob in (*([content["config"]] if "config" in content else ()), *content.get("layers", ())):
            assert digest_of(self.get(f"blobs/{blob['digest']}")) == blob["digest"]
        return content

    def holds(self, path: str) -> bool:
        """Whether there is such a manifest or blob: `manifests/sha256:…`."""
        reply = self.client.head(path)
        assert reply.status_code in {httpx.codes.OK, httpx.codes.NOT_FOUND}
        return reply.is_success

    def delete(self, digest: str) -> int:
        return self.client.delete(f"manifests/{digest}").status_code

    def list_manifests(self) -> dict[str, list[str]]:
        """The tags of every manifest of the backend, those without one too, by the registry's files."""
        folder = self.storage / "docker/registry/v2/repositories/acme/backend/_manifests"
        found = {f"sha256:{link.parent.name}": [] for link in folder.glob("revisions/sha256/*/link")}
        for link in folder.glob("tags/*/current/link"):
            found[link.read_text()].append(link.parent.parent.name)
        return found

    def collect_garbage(self) -> None:
        """What DigitalOcean does with blobs that no manifest names, by the registry's own collector."""
        command = [find_debian("docker-registry"), "garbage-collect", self.storage.parent / "registry.yaml"]
        subprocess.run(command, check=True, capture_output=True)

    def get(self, path: str) -> bytes:
        return self.client.get(path).raise_for_status().content


@contextmanager
def serve(folder, name):
    """Debian's docker-registry on a loopback port."""
    (folder / "images").mkdir(parents=True)
    login = Login(name, f"password-of-{name}")
    hashed = bcrypt.hashpw(login.password.encode(), bcrypt.gensalt(machine.BCRYPT_ROUNDS)).decode()
    machine.write_private(folder / "htpasswd", f"{login.username}:{hashed}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    machine.write_settings(
        folder / "registry.yaml", folder / "images", folder / "htpasswd", {"addr": f"127.0.0.1:{port}"}
    )
    with subprocess.Popen([find_debian("docker-registry"), "serve", folder / "registry.yaml"]) as process:
        try:
            deadline = time.monotonic() + 30
            while not listens("127.0.0.1", port):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}/v2/acme/backend/",
                auth=(login.username, login.password),
                headers={"accept": f"{IMAGE}, {INDEX}"},
                verify=False,
            ) as client:
                yield DebianRegistry(f"127.0.0.1:{port}", login, folder / "images", client)
        finally:
            process.terminate()
