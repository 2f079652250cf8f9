import subprocess

import pytest
import yaml

from localcloud.stack import checkout
from perf.clone import CHANGED, STACK_FILE, Clone, small_services


@pytest.fixture
def clone(tmp_path):
    return Clone.of(checkout(), tmp_path / "clone")


def commits(clone):
    return subprocess.run(["git", "log", "--format=%H"], cwd=clone.folder, check=True, capture_output=True).stdout


def test_each_change_is_a_commit_with_a_line_of_its_own(clone):
    clone.commit_change()
    first = commits(clone)
    clone.commit_change()
    lines = (clone.folder / CHANGED).read_text().splitlines()
    assert len(commits(clone).splitlines()) == len(first.splitlines()) + 1
    assert lines[-1] != lines[-2]


def test_services_are_added_to_the_stack_file(clone):
    before = yaml.safe_load((clone.folder / STACK_FILE).read_text())["config"]["slipway:services"]
    clone.add_services(3)
    after = yaml.safe_load((clone.folder / STACK_FILE).read_text())["config"]["slipway:services"]
    assert list(after) == [*before, "small-1", "small-2", "small-3"]


def test_added_services_are_small():
    assert small_services("backend", 1) == {
        "small-1": {"folder": "backend", "databases": [], "migrate": None, "replicas": {"min": 1, "max": 1}}
    }
