"""A service's image is built from an exported folder with the files of its commit, the same from every clone."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from infra.source import build_context
from infra.source.build_context import CONTEXTS, export_context
from infra.source.git import GitError
from infra.source.release import Release

from .backend_context import export_backend


def test_shared_folders_lie_beside_the_service_as_in_the_checkout(repository):
    repository.write("other/x", "not asked for")
    repository.write("shared/main.py", "shared")
    repository.write("frontend/parts/main.py", "shared, and a part of another service")
    repository.write("frontend/x", "not asked for")
    repository.commit()
    for dirty in (False, True):
        if dirty:
            repository.write("backend/main.py", "changed")
        folder = export_backend(shares=["shared", "frontend/parts"])
        assert sorted(path.name for path in folder.iterdir()) == ["backend", "frontend", "shared"]
        assert [path.name for path in (folder / "frontend").iterdir()] == ["parts"]
        assert (folder / "shared/main.py").is_file()


def test_a_context_is_a_relative_folder_named_by_service_and_tag(repository):
    export = Path(f".slipway/contexts/backend/{repository.first[:12]}")
    assert export_backend() == export / "backend"
    assert export_backend(shares=["backend/chassis"]) == export


@pytest.mark.parametrize("shares", [[], ["backend/chassis"]])
def test_a_context_has_the_dockerfile_where_the_release_says(repository, shares):
    release = Release("HEAD").of("backend", "backend", shares)
    assert (export_context(release) / release.dockerfile).read_text() == "FROM scratch\n"


def test_it_holds_the_commits_files_and_not_todays(repository):
    repository.write("backend/main.py", "print('two')\n")
    repository.write("backend/junk.pyc", "x")
    folder = export_backend(repository.first)
    assert sorted(path.name for path in folder.iterdir()) == ["Dockerfile", "chassis", "main.py"]
    assert (folder / "main.py").read_text() == "print('one')\n"


def test_with_changes_it_holds_todays_files_without_ignored_ones(repository):
    repository.write("backend/main.py", "print('two')\n")
    repository.write("backend/bin/run.sh", "#!/bin/sh\n").chmod(0o700)
    (repository.folder / "backend/link").symlink_to("main.py")
    repository.write("backend/junk.pyc", "x")
    folder = export_backend()
    assert (folder / "main.py").read_text() == "print('two')\n"
    assert (folder / "link").readlink() == Path("main.py")
    assert not (folder / "junk.pyc").exists()
    assert (folder / "bin/run.sh").stat().st_mode & 0o777 == 0o755


def read_files(folder):
    """Each path below a folder, and the folder, with all that ends up in an image's layer."""
    return {
        path.relative_to(folder).as_posix(): (
            path.read_bytes() if path.is_file() else b"",
            oct(path.lstat().st_mode),
            path.lstat().st_mtime,
        )
        for path in [folder, *sorted(folder.rglob("*"))]
    }


@pytest.mark.parametrize("dirty", [False, True])
def test_clones_export_the_same_bytes_modes_and_times_for_any_umask(repository, tmp_path, dirty):
    repository.write("backend/app/run.sh", "#!/bin/sh\n").chmod(0o755)
    (repository.folder / "backend/app/link").symlink_to("run.sh")
    repository.commit()
    seen = []
    for umask in (0o022, 0o077):
        before = os.umask(umask)
        try:
            clone = tmp_path / f"clone-{umask}"
            subprocess.run(["git", "clone", "-q", repository.folder, clone], check=True)
            if dirty:
                (clone / "backend/new.py").write_text("x")
            seen.append(read_files(export_backend(folder=clone)))
        finally:
            os.umask(before)
        time.sleep(0.01)
    assert seen[0] == seen[1]
    assert seen[0]["app"][1] == "0o40755"


def test_a_checkout_may_lie_below_the_root_of_its_repository(repository, monkeypatch):
    repository.write("product/backend/Dockerfile", "FROM scratch\n")
    repository.commit()
    monkeypatch.chdir(repository.folder / "product")
    assert [path.name for path in export_backend().iterdir()] == ["Dockerfile"]
    before = Release("HEAD").of("backend", "backend").tag
    repository.write("product/backend/new.py", "x")
    assert sorted(path.name for path in export_backend().iterdir()) == ["Dockerfile", "new.py"]
    tag = Release("HEAD").of("backend", "backend").tag
    repository.write("product/backend/new.py", "y")
    assert len({before, tag, Release("HEAD").of("backend", "backend").tag}) == 3


def test_it_is_made_once_and_an_interrupted_one_leaves_nothing(repository, monkeypatch):
    with monkeypatch.context() as interrupted:
        interrupted.setattr(build_context, "_write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            export_backend()
    assert list((repository.folder / CONTEXTS / "backend").iterdir()) == []
    folder = export_backend()
    (folder / "marker").touch()
    assert (export_backend() / "marker").exists()


def test_of_two_runs_at_once_the_quicker_ones_files_stay(repository, monkeypatch):
    write = build_context._write

    def overtaken(folder, release, target):
        write(folder, release, target)
        with monkeypatch.context() as other:
            other.setattr(build_context, "_write", write)
            export_context(release)

    monkeypatch.setattr(build_context, "_write", overtaken)
    assert (export_backend() / "main.py").exists()
    assert len(list((repository.folder / CONTEXTS / "backend").iterdir())) == 1


def test_a_disk_that_refuses_is_an_error_and_leaves_nothing(repository, monkeypatch):
    def refuse(*_):
        raise OSError("no space left")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="no space left"):
        export_backend()
    assert list((repository.folder / CONTEXTS / "backend").iterdir()) == []


def test_a_commit_whose_files_git_cannot_give_is_an_error(repository):
    release = Release("HEAD").of("backend", "backend")
    object_ = repository.git("rev-parse", "HEAD:backend/Dockerfile")
    path = repository.folder / ".git/objects" / object_[:2] / object_[2:]
    path.chmod(0o600)
    path.unlink()
    with pytest.raises(GitError, match="git cat-file: .* of backend/Dockerfile is missing"):
        export_context(release)
    assert list((repository.folder / CONTEXTS / "backend").iterdir()) == []
