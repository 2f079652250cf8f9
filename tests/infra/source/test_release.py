from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from infra.source.git import GitError
from infra.source.release import Release, ReleaseError


def test_a_service_keeps_its_commit_while_others_change(repository):
    repository.write("frontend/x", "1")
    second = repository.commit()
    release = Release("HEAD")
    assert release.sha == second
    service = release.of("backend", "backend")
    assert (service.sha, service.tag) == (repository.first, repository.first[:12])


@pytest.mark.parametrize("shared", ["shared", "frontend/parts"])
def test_a_change_of_a_shared_folder_changes_each_service_sharing_it(repository, shared):
    repository.write(f"{shared}/main.py", "print('two')\n")
    second = repository.commit()
    assert Release("HEAD").of("backend", "backend", [shared]).tag == second[:12]
    assert Release("HEAD").of("backend", "backend").tag == repository.first[:12]
    repository.write(f"{shared}/main.py", "print('three')\n")
    assert "dirty" in Release("HEAD").of("backend", "backend", [shared]).tag
    assert "dirty" not in Release("HEAD").of("backend", "backend").tag


def test_a_change_beside_a_shared_folder_changes_no_other_service(repository):
    repository.write("frontend/parts/x", "1")
    second = repository.commit()
    repository.write("frontend/y", "1")
    repository.commit()
    assert Release("HEAD").of("backend", "backend", ["frontend/parts"]).tag == second[:12]


def test_the_alias_says_day_and_commit(repository):
    day = repository.git("log", "-1", "--format=%cs").replace("-", "")
    assert Release("HEAD").of("backend", "backend").alias == f"{day}-{repository.first[:7]}"


def test_the_tag_of_an_older_release_ignores_uncommitted_changes(repository):
    repository.write("backend/main.py", "print('two')\n")
    second = repository.commit()
    repository.write("backend/main.py", "print('three, not committed')\n")
    assert Release(repository.first).of("backend", "backend").tag == repository.first[:12]
    assert Release("HEAD").of("backend", "backend").tag.startswith(f"{second[:12]}-dirty-")


def test_changes_are_identified_by_their_content(repository):
    repository.write("backend/main.py", "print('changed')\n")
    one = Release("HEAD").of("backend", "backend").tag
    assert Release("HEAD").of("backend", "backend").tag == one
    repository.write("backend/new.py", "")
    assert Release("HEAD").of("backend", "backend").tag != one
    assert Release("HEAD").of("backend", "backend").alias is None


def test_files_that_git_ignores_are_no_change(repository):
    repository.write("backend/main.pyc", "x")
    assert "dirty" not in Release("HEAD").of("backend", "backend").tag


def test_a_folder_without_history_is_refused_by_name(repository):
    with pytest.raises(ReleaseError, match=r"frontend: release [0-9a-f]{12} has no folder frontend/"):
        Release("HEAD").of("frontend", "frontend")


@pytest.mark.parametrize("revision", ["v9.9.9", "--help", "", "0000000"])
def test_a_revision_that_names_no_commit_is_refused(repository, revision):
    with pytest.raises(ReleaseError, match="names no commit here; write a commit, a tag or HEAD"):
        Release(revision)


def test_a_shallow_clone_is_refused_with_what_to_do(repository, tmp_path, monkeypatch):
    repository.commit("second")
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{repository.folder}", shallow], check=True)
    monkeypatch.chdir(shallow)
    with pytest.raises(ReleaseError, match="fetch-depth: 0"):
        Release("HEAD")


def test_uncommitted_changes_of_the_program_are_refused(repository):
    """The program includes the charts; a file that is in no release may change."""
    Release("HEAD").refuse_changes(["backend"])
    repository.write("unrelated", "x")
    Release("HEAD").refuse_changes(["backend"])
    repository.write("helm/service/values.yaml", "x")
    with pytest.raises(ReleaseError, match=r"would not be in release [0-9a-f]{12}: helm/service/values.yaml; commit"):
        Release("HEAD").refuse_changes(["backend"])


def test_a_service_whose_folder_is_gone_at_the_release_is_refused(repository):
    repository.git("rm", "-qr", "backend")
    repository.commit("without")
    with pytest.raises(ReleaseError, match="has no folder backend/"):
        Release("HEAD").of("backend", "backend")


def test_a_new_folder_may_run_before_its_first_commit(repository):
    repository.write("chatbot/Dockerfile", "FROM scratch\n")
    assert Release("HEAD").of("chatbot", "chatbot").tag.startswith(f"{repository.first[:12]}-dirty-")


def test_a_changed_mode_is_a_change_with_a_name_of_its_own(repository):
    path = repository.write("backend/main.py", "print('two')\n")
    one = Release("HEAD").of("backend", "backend").tag
    path.chmod(0o755)
    assert Release("HEAD").of("backend", "backend").tag != one


def test_nobodys_own_git_configuration_changes_the_answer(repository, tmp_path, monkeypatch):
    """Signatures shown in the log, untracked files hidden: both are what people set for themselves."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[log]\n showSignature = true\n[status]\n showUntrackedFiles = no\n")
    monkeypatch.setenv("HOME", str(home))
    repository.write("backend/new.py", "")
    assert "dirty" in Release("HEAD").of("backend", "backend").tag


def test_a_merge_that_keeps_one_side_keeps_that_sides_commit(repository):
    repository.git("checkout", "-q", "-b", "side")
    repository.write("frontend/x", "1")
    repository.commit("side")
    repository.git("checkout", "-q", "main")
    repository.write("backend/main.py", "print('two')\n")
    second = repository.commit("main")
    repository.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    assert Release("HEAD").of("backend", "backend").sha == second


def test_without_git_the_error_says_so(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="install git"):
        Release("HEAD")


def test_a_folder_that_is_a_link_is_refused(repository):
    repository.write("apps/api/Dockerfile", "FROM scratch\n")
    (repository.folder / "api").symlink_to("apps/api")
    (repository.folder / "services").symlink_to("apps")
    for folder in ("api", "services/api"):
        with pytest.raises(ReleaseError, match="is a symbolic link; write the folder that it leads to"):
            Release("HEAD").of("api", folder)
    repository.commit()
    with pytest.raises(ReleaseError, match="backend: api is a symbolic link"):
        Release("HEAD~0").of("backend", "backend", ["api"])


def test_a_file_name_that_is_not_utf8_is_named_in_an_error(repository):
    name = os.fsencode(repository.folder / "backend") + b"/caf\xe9.txt"
    Path(os.fsdecode(name)).write_text("x")
    assert "dirty" in Release("HEAD").of("backend", "backend").tag
    with pytest.raises(ReleaseError, match=r"caf\\xe9.txt"):
        Release("HEAD").refuse_changes(["backend"])
