"""The account's registry, with the real docker-registry."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import httpx
import pytest

from localcloud.backends.place import BackendPlace
from localcloud.backends.registry_logins import AccountRegistry
from tests.tools import find_debian

from .targets import free_port


@pytest.fixture(scope="module")
def images():
    # Not below pytest's own folder, whose path is too long for the supervisor's socket.
    folder = Path(tempfile.mkdtemp(prefix="slipway-registry-"))
    port = free_port()
    place = BackendPlace(home=folder / "home", run=folder / "run")
    made = AccountRegistry(place, find_debian("docker-registry"), [], ("127.0.0.1", port), f"127.0.0.1:{port}")
    made.start()
    yield made
    made._supervisor.stop()
    shutil.rmtree(folder)


def status(images, login):
    return httpx.get(f"http://{images.host}/v2/", auth=login).status_code


def push(images, login):
    """Begin an upload, and end it with one blob."""
    started = httpx.post(f"http://{images.host}/v2/acme/x/blobs/uploads/", auth=login)
    digest = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    return httpx.put(f"{started.headers['location']}&digest={digest}", content=b"x", auth=login)


def test_nobody_but_the_api_is_let_in_before_there_is_a_login(images):
    assert status(images, None) == 401
    assert status(images, ("docker", "docker")) == 401
    assert httpx.get(f"{images.url}/v2/").status_code == 200


def test_each_login_is_another_and_works_at_once(images):
    images.create("acme")
    one, two = images.issue(write=False, seconds=None), images.issue(write=True, seconds=3600)
    assert one[0] != two[0]
    assert (status(images, one), status(images, two)) == (200, 200)
    assert status(images, (one[0], two[1])) == 401


def test_login_expires(images):
    login = images.issue(write=False, seconds=5)
    assert status(images, login) == 200
    deadline = time.monotonic() + 20
    while status(images, login) == 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert login[0] not in images._passwords.read_text()


def test_login_that_lives_for_decades_is_no_problem(images):
    assert status(images, images.issue(write=False, seconds=1_576_800_000)) == 200


def test_deletion_takes_images_and_logins_away(images):
    login = images.issue(write=True, seconds=None)
    assert push(images, login).status_code == 201
    assert images.usage() > 0
    images.delete("acme")
    assert images.usage() == 0
    assert status(images, login) == 401
    assert httpx.get(f"{images.url}/v2/_catalog").json() == {"repositories": []}


def test_passwords_are_hashed_and_private(images):
    _, password = images.issue(write=False, seconds=None)
    for file in (images._file, images._passwords):
        assert file.stat().st_mode & 0o077 == 0
        assert password not in file.read_text()
