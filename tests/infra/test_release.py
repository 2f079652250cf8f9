from __future__ import annotations

import subprocess

import pytest

from infra.release import CONTEXTS, Release, ReleaseError


def test_a_service_keeps_its_commit_while_others_change(repository):
    repository.write("frontend/x", "1")
    second = repository.commit()
    release = Release("HEAD")
    assert release.sha == second
    service = release.of("backend", "backend")
    assert (service.sha, service.tag) == (repository.first, repository.first[:12])


def test_the_alias_says_day_and_commit(repository):
    day = repository.git("log", "-1", "--format=%cs").replace("-", "")
    assert Release("HEAD").of("backend", "backend").alias == f"{day}-{repository.first[:7]}"


def test_an_older_release_is_told_from_its_own_history_whatever_lies_in_the_folder(repository):
    repository.write("backend/main.py", "print('two')\n")
    second = repository.commit()
    repository.write("backend/main.py", "print('three, not committed')\n")
    assert Release(repository.first).of("backend", "backend").tag == repository.first[:12]
    assert Release("HEAD").of("backend", "backend").tag.startswith(f"{second[:12]}-dirty-")


def test_changes_are_named_by_their_content(repository):
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
    with pytest.raises(ReleaseError, match=r"frontend: no commit up to [0-9a-f]{12} has anything in frontend/"):
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


def test_changes_outside_the_contexts_are_refused_where_none_are_allowed(repository):
    Release("HEAD").refuse_changes(["backend"])
    repository.write("unrelated", "x")
    Release("HEAD").refuse_changes(["backend"])
    repository.write("helm/service/values.yaml", "x")
    with pytest.raises(ReleaseError, match=r"would not be in release [0-9a-f]{12}: helm/service/values.yaml; commit"):
        Release("HEAD").refuse_changes(["backend"])


def test_an_export_holds_the_commits_files_and_not_todays(repository):
    repository.write("backend/main.py", "print('two')\n")
    repository.write("backend/junk.pyc", "x")
    release = Release(repository.first)
    folder = release.export(release.of("backend", "backend"), "backend")
    assert sorted(path.name for path in folder.iterdir()) == ["Dockerfile", "main.py"]
    assert (folder / "main.py").read_text() == "print('one')\n"


def test_an_export_of_changes_holds_todays_files_without_ignored_ones(repository):
    repository.write("backend/main.py", "print('two')\n")
    repository.write("backend/run.sh", "#!/bin/sh\n").chmod(0o700)
    repository.write("backend/junk.pyc", "x")
    release = Release("HEAD")
    folder = release.export(release.of("backend", "backend"), "backend")
    assert (folder / "main.py").read_text() == "print('two')\n"
    assert not (folder / "junk.pyc").exists()
    assert (folder / "run.sh").stat().st_mode & 0o777 == 0o755


def test_two_clones_export_the_same_bytes_and_modes(repository, tmp_path):
    repository.write("backend/run.sh", "#!/bin/sh\n").chmod(0o755)
    repository.commit()
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", repository.folder, clone], check=True)
    seen = []
    for folder in (repository.folder, clone):
        release = Release("HEAD", folder=folder)
        exported = release.export(release.of("backend", "backend"), "backend")
        seen.append({path.name: (path.read_bytes(), path.stat().st_mode) for path in sorted(exported.iterdir())})
        seen[-1]["."] = exported.stat().st_mode
    assert seen[0] == seen[1]


def test_an_export_is_made_once_and_leaves_nothing_half_done(repository, monkeypatch):
    release = Release("HEAD")
    service = release.of("backend", "backend")
    monkeypatch.setattr(Release, "_unpack", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        release.export(service, "backend")
    assert list((repository.folder / CONTEXTS / "backend").iterdir()) == []
    monkeypatch.undo()
    monkeypatch.chdir(repository.folder)
    folder = release.export(service, "backend")
    (folder / "marker").touch()
    assert (release.export(service, "backend") / "marker").exists()
