"""Which Pulumi CLI is used."""

from __future__ import annotations

import subprocess

import httpx
import pytest

from localcloud import versions
from localcloud.machine.toolbox import PULUMI, Toolbox
from localcloud.pulumi_engine import cli, release
from localcloud.pulumi_engine.cli import Cli


@pytest.fixture
def toolbox(instance, commands):
    return Toolbox(instance.tools, instance.logs, commands)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A PATH with nothing on it but what a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def write_pulumi(folder, version):
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\necho v{version}\n")
    program.chmod(0o755)
    return program


def quiet(**_):
    pass


def test_new_enough_cli_on_path_is_used(path, toolbox):
    program = write_pulumi(path, versions.PULUMI)
    assert cli.find(toolbox) == Cli(program, versions.PULUMI, f"{program}, on PATH")
    write_pulumi(path, "99.0.0")
    assert cli.find(toolbox).version == "99.0.0"


@pytest.mark.parametrize("version", ["3.1.0", "3.258.9", "not a version"])
def test_old_cli_on_path_is_not_used(path, toolbox, version):
    write_pulumi(path, version)
    assert cli.find(toolbox) is None
    write_pulumi(PULUMI.folder(toolbox.folder), versions.PULUMI)
    assert cli.find(toolbox).origin == "built from its Go module"


def test_downloaded_cli_is_preferred_to_built_one(path, toolbox):
    write_pulumi(PULUMI.folder(toolbox.folder), versions.PULUMI)
    write_pulumi(release.program(toolbox.folder).parent, versions.PULUMI)
    assert cli.find(toolbox).origin == "official release"


def test_cli_is_built_if_release_is_unreachable(path, toolbox, monkeypatch):
    monkeypatch.setattr(release, "is_reachable", lambda _: False)
    folder = PULUMI.folder(toolbox.folder)
    monkeypatch.setattr(Toolbox, "build_pulumi", lambda *_: write_pulumi(folder, versions.PULUMI))
    assert str(cli.get(toolbox, quiet)) == f"Pulumi {versions.PULUMI} (built from its Go module)"


def test_broken_download_is_built_and_wrong_checksum_is_not(path, toolbox, monkeypatch):
    def fail(error):
        def download(*_):
            raise error

        return download

    monkeypatch.setattr(release, "is_reachable", lambda _: True)
    folder = PULUMI.folder(toolbox.folder)
    monkeypatch.setattr(Toolbox, "build_pulumi", lambda *_: write_pulumi(folder, versions.PULUMI))
    monkeypatch.setattr(release, "download", fail(release.ReleaseError("another SHA-256")))
    with pytest.raises(release.ReleaseError):
        cli.get(toolbox, quiet)
    monkeypatch.setattr(release, "download", fail(httpx.ReadError("reset")))
    assert cli.get(toolbox, quiet).origin == "built from its Go module"


def test_own_language_host_is_the_fallback(path, toolbox):
    program = write_pulumi(path, versions.PULUMI)
    assert cli.find(toolbox).language_host is None
    host = program.with_name(cli.LANGUAGE_HOST)
    host.write_text("#!/bin/sh\n")
    host.chmod(0o755)
    assert cli.find(toolbox).language_host == host


def test_cli_reports_the_pinned_version(pulumi_cli):
    done = subprocess.run([pulumi_cli.program, "version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"v{pulumi_cli.version}"
