"""What the pods of a release have as their version, by a checkout with its history."""

from __future__ import annotations

import pytest
import yaml

from delivery.outcome import RefusedError
from operations.release_tags import find_tags
from tests.delivery.conftest import checkout, checkout_of, registry, service, world  # noqa: F401 - fixtures


@pytest.fixture
def folder(world, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    file = world.checkout.folder / "Pulumi.staging.yaml"
    content = yaml.safe_load(file.read_text())
    content["config"]["slipway:previewEnvironments"] = {}
    file.write_text(yaml.safe_dump(content))
    return world.checkout.folder


def test_a_preview_environment_has_the_services_of_its_parent_stack(folder):
    tags = find_tags("pr-7", "HEAD", folder)
    assert tags["backend"]
    assert tags == find_tags("staging", "HEAD", folder)


def test_a_revision_that_names_no_commit_is_refused(folder):
    with pytest.raises(RefusedError, match="--release: "):
        find_tags("staging", "nonsense", folder)
