"""The program refuses uncommitted changes where the stack file says so, and elsewhere names their images dirty."""

from __future__ import annotations

import pytest

from infra.source.release import ReleaseError


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_uncommitted_changes_are_refused_where_the_file_says_so(repository, stack):
    repository.write("backend/main.py", "changed")
    with pytest.raises(ReleaseError, match="backend/main.py; commit them or stash them"):
        repository.deploy(stack)


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_an_uncommitted_stack_file_is_refused_too(repository, stack):
    name = f"Pulumi.{stack}.yaml"
    repository.write(name, (repository.folder / name).read_text() + "# changed\n")
    with pytest.raises(ReleaseError, match=f"{name}; commit them or stash them"):
        repository.deploy(stack)
    repository.deploy("prod" if stack == "staging" else "staging")  # of which it is no part


def test_uncommitted_changes_of_what_services_share_are_refused_too(repository):
    repository.write("backend/chassis/main.py", "changed")
    with pytest.raises(ReleaseError, match="backend/chassis/main.py; commit them or stash them"):
        repository.deploy("staging")


def find_dirty_images(recorder):
    images = [each for each in recorder.of("Image") if each.custom]
    return {each.name for each in images if "-dirty-" in each.inputs["imageName"]}


def test_uncommitted_changes_run_under_another_tag(repository):
    repository.write("backend/main.py", "changed")
    assert find_dirty_images(repository.deploy("local")) == {"backend-image"}


def test_a_change_of_what_services_share_is_one_of_all_that_share_it(repository):
    repository.write("backend/chassis/main.py", "changed")
    assert find_dirty_images(repository.deploy("local")) == {"backend-image", "chatbot-backend-image"}
