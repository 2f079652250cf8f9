"""What Pulumi's file backend keeps beside a stack's state: tags and locks. Asking the CLI takes half a second."""

from __future__ import annotations

from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ValidationError

from delivery.stack.lock import Lock
from localcloud.instance import Instance
from localcloud.stack import PROJECT


class LockFile(BaseModel):
    """A lock as pkg/backend/diy/lock.go of Pulumi writes it."""

    pid: int
    username: str
    hostname: str
    timestamp: AwareDatetime


class TagsFile(BaseModel):
    """Tags as pkg/backend/diy/tags.go of Pulumi writes them."""

    tags: dict[str, str] = {}


def read_tags(instance: Instance, stack: str) -> dict[str, str]:
    """Return the tags of a stack of the local cloud; none for one that was never created.

    Raises:
        ValueError: the file has another form.
    """
    try:
        content = (_folder(instance) / f"stacks/{PROJECT}/{stack}.pulumi-tags").read_bytes()
    except FileNotFoundError:
        return {}
    return TagsFile.model_validate_json(content).tags


def read_locks(instance: Instance, stack: str) -> list[Lock]:
    """Return who holds a stack of the local cloud, which is while it is updated."""
    folder = _folder(instance) / f"locks/organization/{PROJECT}/{stack}"
    found = [_read_lock(file) for file in sorted(folder.glob("*.json"))]
    return [lock for lock in found if lock is not None]


def _read_lock(file: Path) -> Lock | None:
    """A lock; None where it ended while it was read, or is only half written."""
    try:
        lock = LockFile.model_validate_json(file.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    return Lock(user=lock.username, host=lock.hostname, pid=lock.pid, at=lock.timestamp)


def _folder(instance: Instance) -> Path:
    return instance.home / "pulumi/.pulumi"
