"""A build context refuses files whose content is not in the commit: of submodules, behind links, and in Git LFS."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from infra.source.build_context import CONTEXTS
from infra.source.release import ReleaseError

from .backend_context import export_backend


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
        export_backend()
    assert list((repository.folder / CONTEXTS / "backend").iterdir()) == []


def test_a_repository_inside_a_service_is_refused(repository):
    subprocess.run(["git", "init", "-q", repository.folder / "backend/other"], check=True)
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(
        ["git", *identity, "-C", repository.folder / "backend/other", "commit", "-q", "--allow-empty", "-m", "one"],
        check=True,
    )
    with pytest.raises(ReleaseError, match="backend/other is a git submodule, or a repository inside this one"):
        export_backend()


def test_a_link_to_a_file_outside_the_shares_is_refused_with_the_fix(repository):
    repository.write("common/util.py", "")
    (repository.folder / "backend/util.py").symlink_to("../common/util.py")
    repository.commit()
    with pytest.raises(
        ReleaseError,
        match="backend/util.py is a link to common/util.py, which its image has not; add its folder to `shares` of backend",
    ):
        export_backend()
    assert (export_backend(shares=["common"]) / "backend/util.py").resolve().name == "util.py"


def test_a_relative_link_out_of_the_repository_is_refused(repository):
    """An absolute one points to a file of the image and is kept."""
    (repository.folder / "backend/log").symlink_to("/dev/stdout")
    assert (export_backend() / "log").readlink() == Path("/dev/stdout")
    (repository.folder / "backend/up").symlink_to("../../elsewhere")
    with pytest.raises(ReleaseError, match="backend/up is a link to outside the repository; copy the file"):
        export_backend()


LARGE = b"a large file\n"


POINTER = (
    f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(LARGE).hexdigest()}\nsize {len(LARGE)}\n"
)


def test_a_file_of_git_lfs_has_its_content_or_is_refused(repository):
    repository.write("backend/model.bin", POINTER)
    repository.commit()
    with pytest.raises(ReleaseError, match=r"backend/model.bin is stored in Git LFS.* run `git lfs pull`"):
        export_backend()
    digest = hashlib.sha256(LARGE).hexdigest()
    stored = repository.folder / ".git/lfs/objects" / digest[:2] / digest[2:4] / digest
    stored.parent.mkdir(parents=True)
    stored.write_bytes(LARGE)
    assert (export_backend() / "model.bin").read_bytes() == LARGE
