"""Tests of `slipway preview-environment` get a repository, an image registry and environments."""

from __future__ import annotations

import contextlib
import json
import subprocess
from pathlib import Path

import pytest
from infra_stacks import services_of

from delivery.commands import preview_environment_removal
from infra.source import image_digest
from infra.source.registry_login import Login
from slipway.__main__ import main
from tests.delivery.commands.environments import Environments

ROOT = Path(__file__).parents[3]
DIGEST = "sha256:" + "5" * 64


@pytest.fixture
def environments(monkeypatch):
    made = Environments()
    monkeypatch.setattr(preview_environment_removal, "_open", lambda *_: contextlib.nullcontext(made))
    return made


@pytest.fixture
def git(tmp_path, monkeypatch):
    """A repository with staging's stack file and its services, as the working directory; runs git there."""
    services, folder = services_of("staging").values(), tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def git(*words):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        return subprocess.run(["git", *identity, *words], check=True, capture_output=True, text=True).stdout.strip()

    (folder / "Pulumi.staging.yaml").write_text((ROOT / "Pulumi.staging.yaml").read_text())
    for service in services:
        for each in (service["folder"], *service["shares"]):
            Path(each).mkdir(exist_ok=True, parents=True)
            Path(each, "main.py").write_text("")
        Path(service["folder"], "Dockerfile").write_text("FROM scratch\n")
        Path(service["folder"], "service.yaml").write_text((ROOT / service["folder"] / "service.yaml").read_text())
    git("init", "-q", "-b", "develop")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    return git


@pytest.fixture
def preview_environment(git, capsys):
    """`slipway preview-environment …` in the repository: its status and the JSON that it prints."""

    def run(*words):
        status = main(["preview-environment", *map(str, words), "--json"])
        return status, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def references(monkeypatch):
    """The references that the registry holds."""
    references = set()
    monkeypatch.setattr(
        "delivery.preview_environment.images.find_digest",
        lambda reference, _: DIGEST if reference in references else None,
    )
    monkeypatch.setattr(image_digest, "find_digest", None)
    monkeypatch.setattr("delivery.images.stack_registry.StackRegistry.login", lambda *_, **__: Login("a", "b"))
    return references
