"""The OCI registry of a local cloud, and the one login it takes.

It runs inside the network namespace, where the node calls it by the same loopback address as the host does. The
password is what keeps other users of this machine, and pods, from replacing an image.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bcrypt
import httpx
import yaml

from localcloud.instance import Instance
from localcloud.machine import network
from localcloud.machine.daemons import Daemon
from localcloud.machine.toolbox import Toolbox
from localcloud.secret_file import read_or_create

USER = "slipway"
BCRYPT_ROUNDS = 4  # the password is random and long; each request costs one comparison


@dataclass(frozen=True)
class Credentials:
    """A login of the registry at `host`."""

    host: str
    user: str
    password: str

    @property
    def auth(self) -> httpx.BasicAuth:
        """For httpx."""
        return httpx.BasicAuth(self.user, self.password)

    @property
    def basic(self) -> str:
        """User and password as HTTP's header and Docker's configuration have them."""
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    @property
    def url(self) -> str:
        """The registry's URL with the login in it: for an environment or a private file, for no command line."""
        return f"http://{self.user}:{self.password}@{self.host}"


@dataclass(frozen=True, kw_only=True)
class ImageSource:
    """From where a node pulls the images of one host.

    Attributes:
        host: as image names have it, `docker.io` for those with none.
        server: the host's own URL.
        endpoint: the URL that containerd asks instead.
        login: what it sends there with every request; None: what a pod's imagePullSecrets say.
    """

    host: str
    server: str
    endpoint: str
    login: Credentials | None


def image_sources(instance: Instance, address: str = "127.0.0.1") -> list[ImageSource]:
    """The instance's registry, for its own images and for Docker Hub's, as nodes here reach nothing else.

    Args:
        address: of the instance's network namespace, where the node is.
    """
    login = credentials(instance)
    endpoint = f"http://{address}:{instance.registry_port}"
    return [
        ImageSource(host="docker.io", server="https://registry-1.docker.io", endpoint=endpoint, login=login),
        ImageSource(host=instance.registry, server=endpoint, endpoint=endpoint, login=login),
    ]


def credentials(instance: Instance) -> Credentials:
    """The instance's login, random, made once, in a file that only its owner can read."""
    file = instance.home / "registry.password"
    return Credentials(instance.registry, USER, read_or_create(file, lambda: secrets.token_hex(32)))


def docker_config(instance: Instance) -> Path:
    """A folder for DOCKER_CONFIG that holds the login, written if it is missing.

    Docker's clients and SDKs, dxf and the CLI find it by that variable; the user's own is only read.
    """
    folder = instance.home / "docker-config"
    login = credentials(instance)
    content = {**_read_user_config(), "auths": {login.host: {"auth": login.basic}}}
    text = json.dumps(content, indent=1)
    file = folder / "config.json"
    if not file.exists() or file.read_text() != text:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(file, text)
    return folder


def daemon(instance: Instance, toolbox: Toolbox) -> Daemon:
    """The registry, from Debian's package."""
    return Daemon(
        name="registry",
        command=[
            *network.enter(instance),
            toolbox.debian("docker-registry"),
            "serve",
            instance.home / "registry.yaml",
        ],
    )


def write_configuration(instance: Instance) -> None:
    """Write what the registry reads: its settings and the password file."""
    passwords = instance.home / "registry.htpasswd"
    login = credentials(instance)
    if not _accepts(passwords, login):
        hashed = bcrypt.hashpw(login.password.encode(), bcrypt.gensalt(BCRYPT_ROUNDS))
        write_private(passwords, f"{login.user}:{hashed.decode()}\n")
    write_settings(instance.home / "registry.yaml", instance.home / "registry", passwords, instance.registry_port)


def write_settings(file: Path, storage: Path, passwords: Path, port: int) -> None:
    """Write what a registry reads when it starts: where its images and its logins are, and its port."""
    settings = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(storage)}, "delete": {"enabled": True}},
        "auth": {"htpasswd": {"realm": "slipway", "path": str(passwords)}},
        "http": {"addr": f":{port}"},
    }
    write_private(file, yaml.safe_dump(settings))


def _read_user_config() -> dict[str, Any]:
    """What of the user's own Docker configuration builds need: proxies, and where client plugins are."""
    own = Path.home() / ".docker"
    try:
        content = json.loads((own / "config.json").read_text())
    except (OSError, ValueError):
        content = {}
    kept = {key: content[key] for key in ("proxies",) if key in content}
    return {**kept, "cliPluginsExtraDirs": [*content.get("cliPluginsExtraDirs", []), str(own / "cli-plugins")]}


def _accepts(passwords: Path, login: Credentials) -> bool:
    if not passwords.exists():
        return False
    user, _, hashed = passwords.read_text().strip().partition(":")
    return user == login.user and bcrypt.checkpw(login.password.encode(), hashed.encode())


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(text)
