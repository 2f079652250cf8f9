"""The account's registry, with the real docker-registry."""

from __future__ import annotations

import json
import re
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

BLOB = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # of `x`
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@pytest.fixture(scope="module")
def images():
    # Not below pytest's own folder, whose path is too long for the supervisor's socket.
    folder = Path(tempfile.mkdtemp(prefix="slipway-registry-"))
    port = free_port()
    place = BackendPlace(home=folder / "home", run=folder / "run")
    made = AccountRegistry(
        place,
        program=find_debian("docker-registry"),
        haproxy=find_debian("haproxy"),
        prefix=[],
        address=("127.0.0.1", port),
        host=f"127.0.0.1:{port}",
    )
    made.start()
    yield made
    made._supervisor.stop()
    shutil.rmtree(folder)


def status(images, login):
    return httpx.get(f"http://{images.host}/v2/", auth=login).status_code


def push(images, login):
    """Begin an upload, and end it with one blob."""
    started = httpx.post(f"http://{images.host}/v2/acme/x/blobs/uploads/", auth=login)
    return httpx.put(f"{started.headers['location']}&digest={BLOB}", content=b"x", auth=login)


def descriptor(kind):
    return {"mediaType": kind, "size": 1, "digest": BLOB}


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
    assert login[0] not in images._passwords.file.read_text()


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


def begin(images, login, repository="acme/x"):
    """Begin an upload."""
    return httpx.post(f"http://{images.host}/v2/{repository}/blobs/uploads/", auth=login)


def wait_for(images, login, message, repository="acme/x"):
    """Wait until pushes are refused with a message, a regular expression."""
    deadline = time.monotonic() + 20
    while (reply := begin(images, login, repository)).status_code != 403:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    [error] = reply.json()["errors"]
    assert error["code"] == "DENIED"
    assert re.fullmatch(message, error["message"])


def wait_for_space(images, login, repository="acme/x"):
    """Wait until a push is accepted."""
    deadline = time.monotonic() + 20
    while begin(images, login, repository).status_code != 202:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_login_for_reading_cannot_push(images):
    reader = images.issue(write=False, seconds=None)
    refused = begin(images, reader)
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["message"] == "requested access to the resource is denied"
    assert httpx.delete(f"http://{images.host}/v2/acme/x/manifests/sha256:{'0' * 64}", auth=reader).status_code == 403
    assert begin(images, images.issue(write=True, seconds=None)).status_code == 202


def test_full_registry_refuses_pushes_and_still_serves(images):
    writer = images.issue(write=True, seconds=None)
    assert push(images, writer).status_code == 201
    used = images.usage()
    images.limit(storage=used, repositories=None)
    wait_for(images, writer, rf"registry contains \d+ bytes, storage quota is {used}")
    assert httpx.get(f"http://{images.host}/v2/acme/x/blobs/{BLOB}", auth=writer).content == b"x"
    images.limit(storage=None, repositories=None)
    wait_for_space(images, writer)


def test_upload_that_is_not_finished_takes_no_space(images):
    images.delete("acme")
    assert begin(images, images.issue(write=True, seconds=None)).status_code == 202
    assert images.usage() == 0


def test_registry_becomes_full_by_a_push(images):
    images.watch()
    writer = images.issue(write=True, seconds=None)
    images.delete("acme")
    writer = images.issue(write=True, seconds=None)
    images.limit(storage=1, repositories=None)
    assert push(images, writer).status_code == 201
    wait_for(images, writer, r"registry contains \d+ bytes, storage quota is 1")
    images.limit(storage=None, repositories=None)
    wait_for_space(images, writer)


def test_repository_beyond_the_limit_is_refused(images):
    writer = images.issue(write=True, seconds=None)
    assert push(images, writer).status_code == 201
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(CONFIG),
        "layers": [descriptor(LAYER)],
    }
    put = httpx.put(
        f"http://{images.host}/v2/acme/x/manifests/one",
        content=json.dumps(manifest),
        headers={"Content-Type": MANIFEST},
        auth=writer,
    )
    assert put.status_code == 201, put.text
    images.limit(storage=None, repositories=1)
    wait_for(images, writer, "registry contains 1 repositories, limit is 1", "acme/y")
    assert begin(images, writer).status_code == 202
    images.limit(storage=None, repositories=None)
    wait_for_space(images, writer, "acme/y")


def test_passwords_are_hashed_and_private(images):
    _, password = images.issue(write=False, seconds=None)
    for file in (images._passwords.file, images._passwords._logins_file):
        assert file.stat().st_mode & 0o077 == 0
        assert password not in file.read_text()
