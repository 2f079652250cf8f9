from __future__ import annotations

import hashlib
import os
import subprocess
import time
from pathlib import Path

import pytest

from infra.source import build_context
from infra.source.build_context import CONTEXTS, export_context
from infra.source.git import GitError
from infra.source.release import Release, ReleaseError


def export(revision="HEAD", folder=Path()):
    """The service's own folder, which its image is built from."""
    return context(revision, folder)


def context(revision="HEAD", folder=Path(), shares=()):
    return export_context(Release(revision, folder=folder).of("backend", "backend", shares), folder=folder)


def test_shared_folders_lie_beside_the_service_as_in_the_checkout(repository):
    repository.write("other/x", "not asked for")
    repository.write("shared/main.py", "shared")
    repository.write("frontend/parts/main.py", "shared, and a part of another service")
    repository.write("frontend/x", "not asked for")
    repository.commit()
    for dirty in (False, True):
        if dirty:
            repository.write("backend/main.py", "changed")
        folder = context(shares=["shared", "frontend/parts"])
        assert sorted(path.name for path in folder.iterdir()) == ["backend", "frontend", "shared"]
        assert [path.name for path in (folder / "frontend").iterdir()] == ["parts"]
        assert (folder / "shared/main.py").is_file()


def test_a_context_is_a_relative_folder_named_by_service_and_tag(repository):
    export = Path(f".slipway/contexts/backend/{repository.first[:12]}")
    assert context() == export / "backend"
    assert context(shares=["backend/chassis"]) == export


@pytest.mark.parametrize("shares", [[], ["backend/chassis"]])
def test_a_context_has_the_dockerfile_where_the_release_says(repository, shares):
    release = Release("HEAD").of("backend", "backend", shares)
    assert (export_context(release) / release.dockerfile).read_text() == "FROM scratch\n"


def test_it_holds_the_commits_files_and_not_todays(repository):
    repository.write("backend/main.py", "print('two')\n")
    repository.write("backend/junk.pyc", "x")
    folder = export(repository.first)
    assert sorted(path.name for path in folder.iterdir()) == ["Dockerfile", "chassis", "main.py"]
    assert (folder / "main.py").read_text() == "print('one')\n"


def test_with_changes_it_holds_todays_files_without_ignored_ones(repository):
    repository.write("backend/main.py", "print('two')\n")
    repository.write("backend/bin/run.sh", "#!/bin/sh\n").chmod(0o700)
    (repository.folder / "backend/link").symlink_to("main.py")
    repository.write("backend/junk.pyc", "x")
    folder = export()
    assert (folder / "main.py").read_text() == "print('two')\n"
    assert (folder / "link").readlink() == Path("main.py")
    assert not (folder / "junk.pyc").exists()
    assert (folder / "bin/run.sh").stat().st_mode & 0o777 == 0o755


def everything(folder):
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
            seen.append(everything(export(folder=clone)))
        finally:
            os.umask(before)
        time.sleep(0.01)
    assert seen[0] == seen[1]
    assert seen[0]["app"][1] == "0o40755"


def test_a_checkout_may_lie_below_the_root_of_its_repository(repository, monkeypatch):
    repository.write("product/backend/Dockerfile", "FROM scratch\n")
    repository.commit()
    monkeypatch.chdir(repository.folder / "product")
    assert [path.name for path in export().iterdir()] == ["Dockerfile"]
    before = Release("HEAD").of("backend", "backend").tag
    repository.write("product/backend/new.py", "x")
    assert sorted(path.name for path in export().iterdir()) == ["Dockerfile", "new.py"]
    tag = Release("HEAD").of("backend", "backend").tag
    repository.write("product/backend/new.py", "y")
    assert len({before, tag, Release("HEAD").of("backend", "backend").tag}) == 3


def test_it_is_made_once_and_an_interrupted_one_leaves_nothing(repository, monkeypatch):
    with monkeypatch.context() as interrupted:
        interrupted.setattr(build_context, "_write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            export()
    assert list((repository.folder / CONTEXTS / "backend").iterdir()) == []
    folder = export()
    (folder / "marker").touch()
    assert (export() / "marker").exists()


def test_of_two_runs_at_once_the_quicker_ones_files_stay(repository, monkeypatch):
    write = build_context._write

    def overtaken(folder, release, target):
        write(folder, release, target)
        with monkeypatch.context() as other:
            other.setattr(build_context, "_write", write)
            export_context(release)

    monkeypatch.setattr(build_context, "_write", overtaken)
    assert (export() / "main.py").exists()
    assert len(list((repository.folder / CONTEXTS / "backend").iterdir())) == 1


def test_a_disk_that_refuses_is_an_error_and_leaves_nothing(repository, monkeypatch):
    def refuse(*_):
        raise OSError("no space left")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="no space left"):
        export()
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


def test_export_attributes_of_git_archive_do_not_change_an_image(repository):
    repository.write("backend/.gitattributes", "tests export-ignore\nversion.txt export-subst\n")
    repository.write("backend/tests/x", "x")
    repository.write("backend/version.txt", "$Format:%H$\n")
    repository.commit()
    folder = export()
    assert (folder / "tests/x").is_file()
    assert (folder / "version.txt").read_text() == "$Format:%H$\n"


@pytest.mark.parametrize("dirty", [False, True])
def test_a_persons_line_endings_do_not_reach_an_image(repository, dirty):
    repository.write("backend/run.sh", "#!/bin/sh\n")
    repository.commit()
    repository.git("config", "core.autocrlf", "true")
    if dirty:
        repository.write("backend/new.py", "x\r\n")
    folder = export()
    assert (folder / "run.sh").read_bytes() == b"#!/bin/sh\n"
    assert not dirty or (folder / "new.py").read_bytes() == b"x\n"  # as a commit of it would have


def test_line_ending_attributes_do_not_change_the_committed_bytes(repository):
    repository.write("backend/.gitattributes", "*.sh text eol=crlf\n")
    repository.write("backend/run.sh", "#!/bin/sh\n")
    repository.commit()
    assert (export() / "run.sh").read_bytes() == b"#!/bin/sh\n"


@pytest.mark.parametrize("dirty", [False, True])
def test_a_submodule_is_refused_by_its_path(repository, tmp_path, dirty):
    library = tmp_path / "library"
    subprocess.run(["git", "init", "-q", library], check=True)
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *identity, "-C", library, "commit", "-q", "--allow-empty", "-m", "one"], check=True)
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "backend/library")
    if not dirty:
        repository.commit()
    with pytest.raises(ReleaseError, match="backend: backend/library is a git submodule, or a repository inside"):
        export()
    assert list((repository.folder / CONTEXTS / "backend").iterdir()) == []


def test_a_repository_inside_a_service_is_refused(repository):
    subprocess.run(["git", "init", "-q", repository.folder / "backend/other"], check=True)
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(
        ["git", *identity, "-C", repository.folder / "backend/other", "commit", "-q", "--allow-empty", "-m", "one"],
        check=True,
    )
    with pytest.raises(ReleaseError, match="backend/other is a git submodule, or a repository inside this one"):
        export()


def test_a_link_to_a_file_outside_the_shares_is_refused_with_the_fix(repository):
    repository.write("common/util.py", "")
    (repository.folder / "backend/util.py").symlink_to("../common/util.py")
    repository.commit()
    with pytest.raises(
        ReleaseError,
        match="backend/util.py is a link to common/util.py, which its image has not; add its folder to `shares` of backend",
    ):
        export()
    assert (context(shares=["common"]) / "backend/util.py").resolve().name == "util.py"


def test_a_relative_link_out_of_the_repository_is_refused(repository):
    """An absolute one points to a file of the image and is kept."""
    (repository.folder / "backend/log").symlink_to("/dev/stdout")
    assert (export() / "log").readlink() == Path("/dev/stdout")
    (repository.folder / "backend/up").symlink_to("../../elsewhere")
    with pytest.raises(ReleaseError, match="backend/up is a link to outside the repository; copy the file"):
        export()


def test_a_file_name_that_is_not_utf8_reaches_the_image(repository):
    name = os.fsencode(repository.folder / "backend") + b"/caf\xe9.txt"
    Path(os.fsdecode(name)).write_text("x")
    assert os.fsdecode(b"caf\xe9.txt") in {path.name for path in export().iterdir()}
    repository.commit()
    assert os.fsdecode(b"caf\xe9.txt") in {path.name for path in export().iterdir()}


def test_a_sparse_checkout_exports_what_it_does_not_show(repository):
    repository.write("backend/app/main.py", "x")
    repository.commit()
    repository.git("sparse-checkout", "set", "frontend")
    assert (export() / "app/main.py").is_file()
    repository.write("backend/new.py", "x")
    assert {"app", "new.py", "main.py"} <= {path.name for path in export().iterdir()}


LARGE = b"a large file\n"
POINTER = (
    f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(LARGE).hexdigest()}\nsize {len(LARGE)}\n"
)


def test_a_file_of_git_lfs_has_its_content_or_is_refused(repository):
    repository.write("backend/model.bin", POINTER)
    repository.commit()
    with pytest.raises(ReleaseError, match=r"backend/model.bin is stored in Git LFS.* run `git lfs pull`"):
        export()
    digest = hashlib.sha256(LARGE).hexdigest()
    stored = repository.folder / ".git/lfs/objects" / digest[:2] / digest[2:4] / digest
    stored.parent.mkdir(parents=True)
    stored.write_bytes(LARGE)
    assert (export() / "model.bin").read_bytes() == LARGE


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE"])
def test_the_variables_of_a_git_hook_lead_to_no_other_repository(repository, tmp_path, monkeypatch, variable):
    before = Release("HEAD").sha
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", other], check=True)
    paths = {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_OBJECT_DIRECTORY": ".git/objects"}
    monkeypatch.setenv(variable, str(other / paths.get(variable, "")))
    assert Release("HEAD").sha == before
    assert (export() / "main.py").read_text() == "print('one')\n"


def test_the_index_of_the_checkout_stays_as_it_is(repository):
    repository.write("backend/new.py", "x")
    before = repository.git("status", "--porcelain")
    export()
    assert repository.git("status", "--porcelain") == before == "?? backend/new.py"
