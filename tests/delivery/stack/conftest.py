from __future__ import annotations

import pytest

from tests.delivery.stack.command_sequence import run_sequence


@pytest.fixture(scope="module")
def sequence(tmp_path_factory):
    """The sequence of commands, which runs once for all tests of a module."""
    with run_sequence(tmp_path_factory.mktemp("real")) as sequence:
        yield sequence
