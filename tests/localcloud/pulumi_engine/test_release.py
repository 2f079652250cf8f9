"""Downloading the official release, from a server of our own."""

from __future__ import annotations

import hashlib
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from localcloud import versions
from localcloud.pulumi_engine import release


@pytest.fixture
def archive(tmp_path):
    """What the release's archive holds: a folder `pulumi` with the programs."""
    programs = tmp_path / "served/pulumi"
    programs.mkdir(parents=True)
    (programs / "pulumi").write_text("#!/bin/sh\n")
    file = tmp_path / "served" / release.archive_name()
    with tarfile.open(file, "w:gz") as tar:
        tar.add(programs, arcname="pulumi")
    return file


@pytest.fixture
def url(archive):
    handler = partial(SimpleHTTPRequestHandler, directory=str(archive.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def quiet(**_):
    pass


def test_release_with_pinned_checksum_is_unpacked(archive, url, instance, monkeypatch):
    instance.tools.mkdir(parents=True)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    monkeypatch.setattr(release, "checksum", lambda _: digest)
    program = release.download(instance.tools, quiet, url=url)
    assert program == release.program(instance.tools)
    assert program.read_text() == "#!/bin/sh\n"


def test_release_with_wrong_checksum_is_refused(url, instance):
    instance.tools.mkdir(parents=True)
    with pytest.raises(release.ReleaseError, match="releases.sha256 has"):
        release.download(instance.tools, quiet, url=url)
    assert not release.program(instance.tools).exists()


def test_every_platform_has_a_checksum():
    names = [line.split()[1] for line in release.CHECKSUMS.read_text().splitlines()]
    platforms = [(system, machine) for system in ("linux", "darwin") for machine in ("x86_64", "arm64")]
    assert sorted(names) == sorted(release.archive_name(*platform) for platform in platforms)
    assert all(f"-v{versions.PULUMI}-" in name for name in names)


def test_platform_without_release_is_built(instance, monkeypatch):
    monkeypatch.setattr(release, "archive_name", lambda: "pulumi-v0-plan9-x64.tar.gz")
    assert release.download(instance.tools, quiet) is None


def test_unreachable_host_is_remembered_for_a_day(tmp_path, monkeypatch):
    asked = []

    def head(url, **_):
        asked.append(url)
        raise release.httpx.ConnectError("no such host")

    monkeypatch.setattr(release.httpx, "head", head)
    memory = tmp_path / "memory"
    assert (release.is_reachable(memory), release.is_reachable(memory)) == (False, False)
    assert len(asked) == 1
    monkeypatch.setattr(release, "RETRY_SECONDS", 0)
    release.is_reachable(memory)
    assert len(asked) == 2
    monkeypatch.setattr(release.httpx, "head", lambda *_, **__: None)
    assert release.is_reachable(memory)
    assert not memory.exists()
