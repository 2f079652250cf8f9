"""A build context has the files as git stores them, whatever the attributes, the configuration and the environment of git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from infra.source.release import Release

from .backend_context import export_backend


def test_export_attributes_of_git_archive_do_not_change_an_image(repository):
    repository.write("backend/.gitattributes", "tests export-ignore\nversion.txt export-subst\n")
    repository.write("backend/tests/x", "x")
    repository.write("backend/version.txt", "$Format:%H$\n")
    repository.commit()
    folder = export_backend()
    assert (folder / "tests/x").is_file()
    assert (folder / "version.txt").read_text() == "$Format:%H$\n"


@pytest.mark.parametrize("dirty", [False, True])
def test_a_persons_line_endings_do_not_reach_an_image(repository, dirty):
    repository.write("backend/run.sh", "#!/bin/sh\n")
    repository.commit()
    repository.git("config", "core.autocrlf", "true")
    if dirty:
        repository.write("backend/new.py", "x\r\n")
    folder = export_backend()
    assert (folder / "run.sh").read_bytes() == b"#!/bin/sh\n"
    assert not dirty or (folder / "new.py").read_bytes() == b"x\n"  # as a commit of it would have


def test_line_ending_attributes_do_not_change_the_committed_bytes(repository):
    repository.write("backend/.gitattributes", "*.sh text eol=crlf\n")
    repository.write("backend/run.sh", "#!/bin/sh\n")
    repository.commit()
    assert (export_backend() / "run.sh").read_bytes() == b"#!/bin/sh\n"


def test_a_file_name_that_is_not_utf8_reaches_the_image(repository):
    name = os.fsencode(repository.folder / "backend") + b"/caf\xe9.txt"
    Path(os.fsdecode(name)).write_text("x")
    assert os.fsdecode(b"caf\xe9.txt") in {path.name for path in export_backend().iterdir()}
    repository.commit()
    assert os.fsdecode(b"caf\xe9.txt") in {path.name for path in export_backend().iterdir()}


def test_a_sparse_checkout_exports_what_it_does_not_show(repository):
    repository.write("backend/app/main.py", "x")
    repository.commit()
    repository.git("sparse-checkout", "set", "frontend")
    assert (export_backend() / "app/main.py").is_file()
    repository.write("backend/new.py", "x")
    assert {"app", "new.py", "main.py"} <= {path.name for path in export_backend().iterdir()}


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE"])
def test_the_variables_of_a_git_hook_lead_to_no_other_repository(repository, tmp_path, monkeypatch, variable):
    before = Release("HEAD").sha
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", other], check=True)
    paths = {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_OBJECT_DIRECTORY": ".git/objects"}
    monkeypatch.setenv(variable, str(other / paths.get(variable, "")))
    assert Release("HEAD").sha == before
    assert (export_backend() / "main.py").read_text() == "print('one')\n"


def test_the_index_of_the_checkout_stays_as_it_is(repository):
    repository.write("backend/new.py", "x")
    before = repository.git("status", "--porcelain")
    export_backend()
    assert repository.git("status", "--porcelain") == before == "?? backend/new.py"
