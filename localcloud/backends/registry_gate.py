"""What stands before an account's registry: an HAProxy that refuses what DigitalOcean's registry refuses.

docker-registry knows users and no rights, and has no end but the disk's. What may be pushed depends on the login and
on the subscription, so the rules are written anew when what the registry holds reaches a limit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

READER = "read-"  # what the users of logins for reading begin with
DENIED = "requested access to the resource is denied"  # docker/distribution's text for a missing right
SECONDS = 300  # of an idle connection: a layer may take long
OLD_WORKER_SECONDS = 60
UPLOADS = "_uploads"  # the folder that docker-registry has for them


@dataclass(frozen=True)
class RegistryLimits:
    """What a subscription includes.

    Attributes:
        storage: bytes that images may take; None: more is charged, and not refused.
        repositories: how many there may be; None: any number.
    """

    storage: int | None = None
    repositories: int | None = None


@dataclass(frozen=True)
class RegistryContents:
    """What a registry holds: bytes, and repositories by their whole names, `acme/backend`."""

    used: int
    repositories: Sequence[str]

    @classmethod
    def read(cls, storage: Path) -> RegistryContents:
        """Those of a registry with its files in `storage`; an upload that is not finished is none of its images."""
        used = sum(_size(file) for file in storage.rglob("*") if UPLOADS not in file.parts)
        root = storage / "docker/registry/v2/repositories"
        found = [folder.parent.relative_to(root) for folder in root.glob("*/*/_manifests")]
        return cls(used, sorted(str(path) for path in found))


def _size(file: Path) -> int:
    """The bytes of a file; none of one that a push has just moved."""
    try:
        return file.stat().st_size if file.is_file() else 0
    except FileNotFoundError:
        return 0


def write_gate(port: int, images: Path, socket: Path, limits: RegistryLimits, contents: RegistryContents) -> str:
    """The text of haproxy.cfg.

    Args:
        port: where it listens.
        images: the registry's socket.
        socket: where HAProxy answers about itself, and hands its port on at a reload.
    """
    return "\n".join(
        [
            "global",
            f'    stats socket "{socket}" mode 600 level admin expose-fd listeners',
            f"    hard-stop-after {OLD_WORKER_SECONDS}s",
            "    log stdout format raw local0 notice",
            "defaults",
            "    mode http",
            "    timeout connect 5s",
            f"    timeout client {SECONDS}s",
            f"    timeout server {SECONDS}s",
            "frontend registry",
            f"    bind :{port}",
            "    option idle-close-on-response",
            "    default_backend images",
            "    acl changes method POST PUT PATCH DELETE",
            "    acl pushes method POST PUT PATCH",
            f"    acl reader req.hdr(authorization),word(2,' '),b64dec -m beg {READER}",
            f"    {_deny(DENIED)} if changes reader",
            *_limit(limits, contents),
            "backend images",
            f'    server images "unix@{images}"',
            "",
        ]
    )


def _limit(limits: RegistryLimits, contents: RegistryContents) -> list[str]:
    """The rules of what is full."""
    lines = []
    if limits.storage is not None and contents.used >= limits.storage:
        # DigitalOcean publishes no text; this one is like that of its other limit.
        message = f"registry contains {contents.used} bytes, storage quota is {limits.storage}"
        lines.append(f"    {_deny(message)} if pushes")
    count = len(contents.repositories)
    if limits.repositories is not None and count >= limits.repositories:
        lines += [f"    acl known path_beg /v2/{name}/" for name in contents.repositories]
        # As users report it: github.com/docker/build-push-action/issues/586.
        message = f"registry contains {count} repositories, limit is {limits.repositories}"
        lines.append(f"    {_deny(message)} if pushes !known")
    return lines


def _deny(message: str) -> str:
    body = json.dumps({"errors": [{"code": "DENIED", "message": message}]})
    return f"http-request return status 403 content-type application/json string '{body}'"
