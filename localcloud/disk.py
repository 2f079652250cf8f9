"""What grows with each release, kept within bounds: images in the engine and the registry, build contexts.

Bounds that others keep: the build cache of an engine of our own (dockerd.json), images of the node and pods' logs
(kubelet.yaml), logs of programs (supervisord) and of commands (machine/command.py).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
from docker.errors import DockerException

from localcloud.instance import Instance
from localcloud.machine.command import Commands
from localcloud.machine.docker import Engine
from localcloud.machine.toolbox import Toolbox
from localcloud.steps import Report

ENGINE_TAGS = 3  # of each repository, in the engine: the registry has the others
REGISTRY_TAGS = 30  # of each repository, in the registry: as far back as a rollback goes
CONTEXTS = 5  # of each service, in the checkout's .slipway/contexts


def remove_old_images(instance: Instance, engine: Engine, report: Report) -> None:
    """Remove images of this instance's registry from the engine, but for the newest of each repository.

    Nothing else: other images may be somebody else's, in an engine that is not ours alone.
    """
    try:
        with closing(docker.DockerClient(base_url=engine.host)) as client:
            found = client.images.list(filters={"reference": f"{instance.registry}/*/*"})
            created = {tag: str(image.attrs["Created"]) for image in found for tag in image.tags}
            old = [tag for tag in _beyond_newest(created, ENGINE_TAGS) if tag.startswith(f"{instance.registry}/")]
            for tag in old:
                client.images.remove(tag, noprune=False)
    except (DockerException, OSError) as error:  # what is deployed is deployed; the next run tries again
        report(note=f"old images stay: {error}")


def remove_old_contexts(checkout: Path) -> None:
    """Remove build contexts but for the newest of each service; a context is made anew from its commit."""
    for service in (checkout / ".slipway/contexts").glob("*/"):
        contexts = sorted(service.iterdir(), key=lambda path: path.lstat().st_ctime, reverse=True)
        for context in contexts[CONTEXTS:]:
            shutil.rmtree(context, ignore_errors=True)


def remove_old_releases(instance: Instance, toolbox: Toolbox, commands: Commands) -> None:
    """Remove images from the registry's files, but for the newest of each repository.

    Only while the registry is stopped: it would serve what is half removed.

    Raises:
        CommandError: the registry's own collector failed.
    """
    root = instance.home / "registry/docker/registry/v2"
    program = toolbox.debian("docker-registry")
    found = (root / "repositories").glob("**/_manifests")
    removed = [folder for folder in found if _remove_old_tags(folder, root / "blobs")]
    if removed and program.exists():
        commands.run(
            [program, "garbage-collect", instance.home / "registry.yaml"], log=instance.log("registry-collector")
        )


def _remove_old_tags(manifests: Path, blobs: Path) -> bool:
    """Whether tags, and revisions that no other tag leads to, were removed."""
    links = {tag: tag / "current/link" for tag in (manifests / "tags").glob("*/")}
    times = {tag: link.stat().st_mtime for tag, link in links.items() if link.is_file()}
    newest = sorted(times, key=lambda tag: times[tag], reverse=True)
    if len(newest) <= REGISTRY_TAGS:
        return False
    for tag in newest[REGISTRY_TAGS:]:
        shutil.rmtree(tag)
    kept: set[str] = set()
    for tag in newest[:REGISTRY_TAGS]:
        kept |= set(_referenced(blobs, links[tag].read_text().strip()))
    for revision in (manifests / "revisions/sha256").glob("*/"):
        if f"sha256:{revision.name}" not in kept:
            shutil.rmtree(revision)
    return True


def _referenced(blobs: Path, digest: str) -> Iterator[str]:
    """A manifest's digest and, if it is an index, those of its manifests."""
    yield digest
    algorithm, _, name = digest.partition(":")
    try:
        content = json.loads((blobs / algorithm / name[:2] / name / "data").read_text())
    except (OSError, ValueError):
        return
    for child in content.get("manifests") or []:
        yield from _referenced(blobs, child["digest"])


def _beyond_newest(created: dict[str, str], count: int) -> list[str]:
    """References (`host/name:tag`) that are not among the `count` newest of their repository."""
    repositories: dict[str, list[str]] = {}
    for reference in sorted(created, key=lambda each: created[each], reverse=True):
        repositories.setdefault(reference.rpartition(":")[0], []).append(reference)
    return [reference for group in repositories.values() for reference in group[count:]]
