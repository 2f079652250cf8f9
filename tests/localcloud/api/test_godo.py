"""DigitalOcean's own Go client, on the routes that the program uses."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from localcloud.instance import Instance
from localcloud.machine.command import Commands
from localcloud.machine.go_build import GoBuild
from tests.localcloud.providers.engine import TOKEN, api_process

CLIENT = GoBuild(
    name="godo-client", module=Path(__file__).parent / "godo", packages=["."], stamps={}, package_count=200
)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    log = tmp_path_factory.mktemp("godo") / "build.log"
    return CLIENT.build(Instance.from_environment().tools, Commands(), log, lambda **_: None) / "godo"


@pytest.mark.timeout(300)
def test_digitaloceans_client_finds_every_route_as_it_expects(program, tmp_path):
    with api_process(tmp_path / "api") as api:
        environment = {**os.environ, "DIGITALOCEAN_API_URL": api.url, "DIGITALOCEAN_TOKEN": TOKEN}
        done = subprocess.run([program], env=environment, capture_output=True, text=True, timeout=120, check=False)
        requests = api.do("GET", "/_emulator/requests")["requests"]
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("errors:")
    assert not [each for each in requests if each["status"] == 501]
