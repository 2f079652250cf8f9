"""A team's copy of Slipway, which copier takes from one tag to the next. Nothing here uses the network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
import yaml
from copier import run_copy, run_update
from infra_stacks import ROOT

from slipway.scaffold.copier_answers import read_copier_answers
from slipway.scaffold.file_change import write_files
from slipway.scaffold.initialise import initialise
from slipway.scaffold.project import EXAMPLE, Answers, find_example
from slipway.scaffold.service import NewService, plan_service
from tests.slipway.template import copy_files

# The commands, and a file of each part of the example. Copier takes 15 ms for each file, four times: the rest of the
# program is imported from here.
PARTS = (
    ":(glob)*",
    "infra/program.py",
    "slipway",
    ".github/CODEOWNERS",
    "backend/service.yaml",
    "chatbot_backend/service.yaml",
    "chatbot_frontend/service.yaml",
    "helm/todo-app-stack/Chart.yaml",
)
ANSWERS = {"repository": "acme-dev/notes", "team": "core", "region": "ams3", "zone": "notes.acme.dev"}
IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.com")
DOCKERFILE = "FROM python:3.13-slim-trixie\nUSER 10001\nEXPOSE 8002\n"


def run(folder, *words):
    """What a command prints, in a folder; it is run without this machine's git configuration, and asks nothing."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def git(folder, *words):
    return run(folder, "git", *IDENTITY, *words)


def commit(folder, *, tag=None):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
    if tag:
        git(folder, "tag", tag)


def change(file, before, after):
    text = file.read_text()
    assert before in text, f"{file} has no {before!r}"
    file.write_text(text.replace(before, after, 1))


def append(file, text):
    file.write_text(file.read_text() + text)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Slipway's files as they are here, in a repository of its own, at v1.0.0."""
    folder = tmp_path_factory.mktemp("template")
    copy_files(folder, *PARTS)
    git(folder, "init", "--quiet")
    commit(folder, tag="v1.0.0")
    return folder


@pytest.fixture(scope="module")
def project(template, tmp_path_factory):
    """A copy that a team has made its own, and then updated to v1.1.0."""
    folder = tmp_path_factory.mktemp("team") / "notes"
    run_copy(str(template), folder, data=ANSWERS, defaults=True, quiet=True)
    git(folder, "init", "--quiet")
    commit(folder)
    change_as_a_team_does(folder)
    commit(folder, tag="before")
    improve(template)
    run_update(folder, defaults=True, overwrite=True, quiet=True)  # as `copier update --defaults` does
    return SimpleNamespace(folder=folder, read=lambda name: (folder / name).read_text())


def change_as_a_team_does(folder):
    initialise(Answers(**read_copier_answers(folder)), folder, remove_example=False)
    (folder / "notes").mkdir()
    (folder / "notes/Dockerfile").write_text(DOCKERFILE)
    write_files(plan_service(NewService("notes", "notes"), folder), folder)
    (folder / "README.md").write_text("# Notes\n")
    (folder / "LICENSE").unlink()
    append(folder / "CONTRIBUTING.md", "Ours.\n")
    append(folder / "Makefile", "\n.PHONY: notes\nnotes: ## Ours\n\t@echo notes\n")
    change(folder / ".gitignore", "htmlcov/\n", "htmlcov-of-the-team/\n")


def improve(template):
    (template / "infra/later.py").write_text("LATER = True\n")
    (template / "CONTRIBUTING.md").unlink()
    change(template / "Makefile", ".DEFAULT_GOAL := help\n", ".DEFAULT_GOAL := help # improved\n")
    change(template / ".gitignore", "htmlcov/\n", "htmlcov-of-slipway/\n")
    append(template / ".github/CODEOWNERS", "/later/ @acme/platform\n")
    (template / "README.md").write_text("# Slipway, improved\n")
    change(template / "Pulumi.staging.yaml", "slipway:owner: platform", "slipway:owner: improved")
    append(template / "LICENSE", "improved\n")
    (template / "backend/later.py").write_text("LATER = True\n")
    commit(template, tag="v1.1.0")


def test_copier_leaves_out_what_init_removes():
    patterns = yaml.safe_load((ROOT / "copier.yml").read_text())["_exclude"]
    found = [re.fullmatch(r"\{% if not example %\}/(.+)\{% endif %\}", pattern) for pattern in patterns]
    assert [match[1] for match in found if match] == list(EXAMPLE)


def test_a_copy_has_none_of_the_example(template, project):
    assert [str(path) for path in find_example(template)] == list(EXAMPLE)
    assert find_example(project.folder) == []


def test_an_update_brings_what_slipway_improved(project):
    assert project.read("infra/later.py") == "LATER = True\n"


def test_what_slipway_removed_is_a_removal_that_git_shows(project):
    assert git(project.folder, "diff", "--name-only", "--diff-filter=D").split() == ["CONTRIBUTING.md"]


def test_a_file_that_both_changed_has_both_changes(project):
    assert ".DEFAULT_GOAL := help # improved\n" in project.read("Makefile")
    assert project.read("Makefile").endswith("notes: ## Ours\n\t@echo notes\n")


def test_one_place_that_both_changed_is_a_conflict(project):
    assert git(project.folder, "diff", "--name-only", "--diff-filter=U").split() == [".gitignore"]
    marks = (
        "<<<<<<< before updating",
        "htmlcov-of-the-team/",
        "=======",
        "htmlcov-of-slipway/",
        ">>>>>>> after updating",
    )
    assert "\n".join(marks) in project.read(".gitignore")


def test_what_is_the_teams_own_stays_as_it_was(project):
    for name in ("notes", "README.md", "Pulumi.staging.yaml", "Pulumi.prod.yaml", "Pulumi.local.yaml"):
        assert git(project.folder, "diff", "before", "--", name) == ""
    assert not (project.folder / "LICENSE").exists()


def test_answers_are_remembered(project):
    answers = yaml.safe_load(project.read(".copier-answers.yml"))
    assert answers["_commit"] == "v1.1.0"
    assert answers.items() >= {**ANSWERS, "example": False, "project": "notes", "registry": "notes"}.items()


def test_owners_are_the_teams_in_later_lines_too(project):
    assert "/later/ @acme-dev/core\n" in project.read("CODEOWNERS")
    assert "@acme/" not in project.read("CODEOWNERS")
    assert not (project.folder / ".github/CODEOWNERS").exists()


def test_the_stack_files_are_usable_after_the_update(project):
    said = run(project.folder, sys.executable, "-m", "slipway", "config", "check")
    assert said.count("✓") == 3, said
    assert "zone: notes.acme.dev" in project.read("Pulumi.prod.yaml")


@pytest.fixture
def todo(template, tmp_path):
    """A copy with the example, in git."""
    folder = tmp_path / "todo"
    data = {"repository": "acme/todo", "example": True}
    run_copy(str(template), folder, data=data, defaults=True, quiet=True, vcs_ref="v1.0.0")
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def test_a_team_can_keep_the_example(todo):
    assert [str(path) for path in find_example(todo)] == list(EXAMPLE)
    assert (todo / "Pulumi.staging.yaml").read_bytes() == (ROOT / "Pulumi.staging.yaml").read_bytes()
    assert "region" not in yaml.safe_load((todo / ".copier-answers.yml").read_text())


def test_the_example_can_be_removed_later(todo):
    (todo / "backend/ours.py").write_text("")
    commit(todo)
    run_update(todo, data={"example": False}, defaults=True, overwrite=True, quiet=True, vcs_ref="v1.0.0")
    assert [str(path) for path in (todo / "backend").iterdir()] == [str(todo / "backend/ours.py")]
    assert [str(path) for path in find_example(todo)] == ["backend"]
    assert (todo / "Pulumi.staging.yaml").exists()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"project": "Notes"}, 'the name is "Notes"; write at most 40 lower-case letters, digits and dashes'),
        ({"repository": "notes"}, 'the repository is "notes"; write owner/name, such as acme/notes'),
        ({"repository": ""}, 'the repository is ""; write owner/name'),
        ({"team": "@acme/core"}, 'the team is "@acme/core"; write lower-case letters, digits and dashes'),
        ({"region": "Amsterdam"}, 'the region is "Amsterdam"; write a region such as fra1'),
        ({"registry": "acme/notes"}, 'the registry is "acme/notes"; write lower-case letters, digits and dashes'),
        ({"zone": "https://acme.dev"}, 'the zone is "https://acme.dev"; write a domain in lower case'),
    ],
)  # fmt: skip
def test_an_unusable_answer_is_refused_and_nothing_is_written(template, tmp_path, answer, message):
    with pytest.raises(ValueError, match=message):
        run_copy(str(template), tmp_path / "copy", data={**ANSWERS, **answer}, defaults=True, quiet=True)
    assert not (tmp_path / "copy").exists()
