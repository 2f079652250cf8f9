"""Pulumi's own engine builds and pushes Docker images by Slipway's provider."""

from __future__ import annotations

import time

import httpx
import pytest


@pytest.fixture
def image(stack, cloud):
    """An image of a tag that no test before has pushed."""
    context = stack.folder / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nARG TEXT\nLABEL text=$TEXT\nCOPY Dockerfile /\n")
    stack.providers = {}
    tag = f"{cloud.instance.registry}/providers/image:{time.time_ns()}"
    properties = {"imageName": tag, "build": {"context": "context", "args": {"TEXT": "one"}}}
    stack.resources = {"image": {"type": "docker:index/image:Image", "properties": properties}}
    return properties


def test_a_tag_that_the_registry_holds_is_never_built_again(stack, image):
    assert stack.preview() == {"image": ("create", set())}
    stack.up()
    made = stack.state()["image"]["outputs"]
    repository = image["imageName"].rpartition(":")[0]
    assert made["repoDigest"].startswith(f"{repository}@sha256:")
    assert made["baseImageName"] == image["imageName"]
    assert stack.preview() == {}
    stack.refresh()
    assert stack.preview() == {}

    image["build"]["args"] = {"TEXT": "two"}
    (stack.folder / "context/Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /other\n")
    assert stack.preview() == {"image": ("update", {"build.args.TEXT"})}
    assert f"the registry holds {image['imageName']}: it is not built again" in stack.up()
    assert stack.state()["image"]["outputs"]["repoDigest"] == made["repoDigest"]
    stack.pulumi("state", "delete", stack.state()["image"]["urn"], "--yes")
    assert "it is not built again" in stack.up()
    assert stack.state()["image"]["outputs"]["repoDigest"] == made["repoDigest"]
    image["imageName"] += "-next"
    assert stack.preview() == {"image": ("update", {"imageName"})}
    stack.up()
    assert stack.state()["image"]["outputs"]["repoDigest"] != made["repoDigest"]
    assert stack.preview() == {}


def test_an_image_that_the_registry_lost_is_built_anew(stack, image, cloud):
    stack.up()
    repository, _, digest = stack.state()["image"]["outputs"]["repoDigest"].partition("@")
    host, _, path = repository.partition("/")
    httpx.delete(f"http://{host}/v2/{path}/manifests/{digest}", auth=cloud.registry_auth).raise_for_status()
    stack.refresh()
    assert stack.state() == {}
    assert stack.preview() == {"image": ("create", set())}
    stack.up()
    assert stack.state()["image"]["outputs"]["repoDigest"] == f"{repository}@{digest}"


def test_a_failed_build_says_why(stack, image):
    (stack.folder / "context/Dockerfile").write_text("FROM scratch\nCOPY nothing /\n")
    answer = stack.up(fails=True)
    assert f"cannot build {image['imageName']}" in answer
    assert '"/nothing" not found' in answer
    assert stack.state() == {}
    stack.resources = {}
