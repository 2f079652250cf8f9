"""The tests of workflows run them with act, in a repository whose releases passed ci."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from slipway import __main__ as command_line
from tests.delivery.act.runner import prepare_act
from tests.delivery.script_server import write_script

SECRETS = {
    "GITHUB_TOKEN": "gh-token",
    "DIGITALOCEAN_TOKEN": "token",
    "PULUMI_CONFIG_PASSPHRASE": "passphrase",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
}
MAIN = Path(command_line.__file__)


@pytest.fixture
def act(world, github, attested, cosign, tmp_path):
    """The workflows of a repository whose develop has four releases, and passed ci with each."""
    names = ("PATH", "FAKE_PULUMI", "FAKE_COSIGN", "FAKE_GH", "DOCKER_CONFIG", "GITHUB_API_URL")
    for number, sha in enumerate(world.checkout.releases):
        github.add_check(sha)
        github.add_run(60 + number, head_sha=sha, conclusion="success")
    add_image_configurations(world)
    github.add_tag("v1.0.0", world.checkout.releases[1])
    github.add_tag("v1.1.0", world.checkout.releases[3])
    environment = {name: os.environ[name] for name in names}
    environment["DIGITALOCEAN_API_URL"] = "http://127.0.0.1:9"  # nobody gives a login, and the registry asks for none
    slipway = tmp_path / "slipway"
    write_script(slipway, MAIN, "slipway", "delivery")
    return prepare_act(world.checkout.folder, tmp_path / "act", environment, SECRETS, str(slipway))


def add_image_configurations(world):
    """Give each image a configuration, as a real one has, which a scanner names it by."""
    releases = world["releases"]
    for sha, outputs in releases.items():
        config = world.registry.add_blob(json.dumps({"architecture": "amd64", "release": sha}).encode())
        manifest = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {"digest": config}}
        digest = world.registry.push("acme/backend", sha[:12], json.dumps(manifest))
        service = outputs["services"]["backend"]
        service.update(digest=digest, image=f"{service['image'].partition('@')[0]}@{digest}")
    world.change(releases=releases)
