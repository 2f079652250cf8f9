"""A mark skips the tests that only root can run."""

from __future__ import annotations

import os

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as the local cloud does")
