from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud import disk


def test_docker_keeps_newest_and_foreign_images(engine, instance, monkeypatch):
    ours = [f"{instance.registry}/slipway/{name}:{number}" for name in ("a", "b") for number in range(5)]
    removed = []

    class Client:
        def __init__(self, base_url):
            self.images = self

        def list(self, filters):
            assert filters == {"reference": f"{instance.registry}/*/*"}
            return [
                type("Image", (), {"tags": [tag, "mine:1"], "attrs": {"Created": f"2026-01-0{tag[-1]}"}})
                for tag in ours
            ]

        def remove(self, tag, noprune):
            removed.append(tag)

        def close(self):
            pass

    monkeypatch.setattr(disk.docker, "DockerClient", Client)
    disk.remove_old_images(instance, engine, lambda **_: None)
    assert sorted(removed) == [
        f"{instance.registry}/slipway/{name}:{number}" for name in ("a", "b") for number in (0, 1)
    ]


def test_a_docker_that_has_stopped_does_not_fail_the_deploy(engine, instance, tmp_path):
    notes = []
    stopped = replace(engine, host=f"unix://{tmp_path}/docker.sock")
    disk.remove_old_images(instance, stopped, lambda note: notes.append(note))
    assert notes[0].startswith("old images stay: Error while fetching server API version")


def test_old_build_contexts_are_removed(tmp_path):
    for number in range(disk.CONTEXTS + 2):
        (tmp_path / f".slipway/contexts/backend/{number}").mkdir(parents=True)
    disk.remove_old_contexts(tmp_path)
    assert len(list((tmp_path / ".slipway/contexts/backend").iterdir())) == disk.CONTEXTS


@pytest.fixture
def releases(instance, monkeypatch):
    """A registry's files: tags 0 (oldest) to 3; 3 is an index of 0's manifest."""
    monkeypatch.setattr(disk, "REGISTRY_TAGS", 2)
    root = instance.home / "registry/docker/registry/v2"
    manifests = root / "repositories/slipway/backend/_manifests"
    digests = [str(number) * 64 for number in range(4)]
    for number, digest in enumerate(digests):
        link = manifests / f"tags/v{number}/current/link"
        link.parent.mkdir(parents=True)
        link.write_text(f"sha256:{digest}")
        os.utime(link, (number, number))
        (manifests / "revisions/sha256" / digest).mkdir(parents=True)
        blob = root / f"blobs/sha256/{digest[:2]}/{digest}/data"
        blob.parent.mkdir(parents=True)
        children = [{"digest": f"sha256:{digests[0]}"}] if number == 3 else []
        blob.write_text(json.dumps({"manifests": children}))
    return manifests


def test_registry_keeps_newest_releases(instance, toolbox, releases):
    program = toolbox.debian("docker-registry")
    program.parent.mkdir(parents=True)
    program.touch()
    calls = []

    class Commands:
        def run(self, command, log):
            calls.append([Path(command[0]).name, *command[1:]])

    for _ in range(2):
        disk.remove_old_releases(instance, toolbox, Commands())
    assert {tag.name for tag in (releases / "tags").iterdir()} == {"v2", "v3"}
    assert {revision.name[0] for revision in (releases / "revisions/sha256").iterdir()} == {"0", "2", "3"}
    assert calls == [["docker-registry", "garbage-collect", instance.home / "registry.yaml"]]  # once, with a cause
