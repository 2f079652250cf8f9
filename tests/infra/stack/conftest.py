"""Every tag is in the registry, which records the requests for it."""

from __future__ import annotations

import pytest

from ..recorder import DIGEST


@pytest.fixture
def registry_requests(monkeypatch):
    """The images that a run requests from the registry, which has every one."""
    references = []
    monkeypatch.setattr("infra.source.image_digest.find_digest", lambda name, _: references.append(name) or DIGEST)
    return references
