"""DigitalOcean's SDK in parts, each in a process of its own: what a process has imported stays imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COUNT = "len([name for name in sys.modules if name.startswith('pulumi_digitalocean')])"


def run(text):
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{text}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_program_imports_the_modules_it_uses_and_no_others():
    count = run(f"import infra.program\nfrom infra.sdk import digitalocean\ndigitalocean.Vpc\nprint({COUNT})")
    assert int(count) < 10


@pytest.mark.parametrize(
    "name",
    ["Vpc", "KubernetesCluster", "KubernetesClusterNodePoolArgs", "VpcArgs", "get_account", "Region", "Provider"],
)
def test_every_name_of_the_sdk_is_the_one_of_the_whole_package(name):
    lazy = run(f"from infra.sdk import digitalocean\nprint(digitalocean.{name}.__module__)")
    assert lazy == run(f"import pulumi_digitalocean\nprint(pulumi_digitalocean.{name}.__module__)")


def test_a_function_is_one_whenever_it_is_asked_for():
    """It is in a module of the same name."""
    text = (
        "from infra.sdk import digitalocean\nfor _ in range(2): print(callable(digitalocean.get_kubernetes_versions))"
    )
    assert run(text) == "True\nTrue"


def test_a_name_that_the_sdk_does_not_have_is_an_attribute_error():
    with pytest.raises(AssertionError, match="AttributeError"):
        run("from infra.sdk import digitalocean\ndigitalocean.Nothing")


def test_a_package_that_is_imported_whole_already_is_used():
    assert (
        run("import pulumi_digitalocean as whole\nfrom infra.sdk import digitalocean\nprint(whole is digitalocean)")
        == "True"
    )
