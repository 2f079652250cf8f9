"""The repository's own workflows and composite actions, for every test of them."""

from __future__ import annotations

import pytest

from tests.workflows.workflows import ROOT, read_workflows


@pytest.fixture(scope="session")
def workflows():
    return read_workflows(ROOT / ".github")
